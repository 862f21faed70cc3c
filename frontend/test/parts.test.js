// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { cookie } from "../src/cookie.js";
import { renumbered } from "../src/editor/rows.js";
import { forgetOld, open } from "../src/editor/unsent.js";
import { stepped } from "../src/keys.js";
import { hex, persist } from "../src/persist.js";
import { next } from "../src/theme.js";

const DAY = 86400000;

/** What a browser keeps; `full` refuses what is new. */
class Store {
  full = false;
  /** @param {string} key */
  getItem(key) {
    return /** @type {any} */ (this)[key] ?? null;
  }
  /** @type {(key: string, value: string) => void} */
  setItem(key, value) {
    if (this.full) throw new Error("QuotaExceededError");
    /** @type {any} */ (this)[key] = value;
  }
  /** @param {string} key */
  removeItem(key) {
    delete (/** @type {any} */ (this)[key]);
  }
}
const store = () => /** @type {any} */ (new Store());

test("a cookie is found by its whole name", () => {
  assert.equal(cookie("theme", "xtheme=a; theme=dark; other=b"), "dark");
  assert.equal(cookie("theme", "xtheme=a"), "");
});

test("themes follow each other, from what the system says", () => {
  assert.deepEqual([next(""), next("auto"), next("contrast"), next("unknown")], ["dark", "dark", "auto", "auto"]);
});

test("rows are numbered anew in names, ids and the values of their buttons only", () => {
  assert.equal(renumbered("name", "plan.3.year", "plan", 1), "plan.1.year");
  assert.equal(renumbered("id", "f-plan.3.year", "plan", 1), "f-plan.1.year");
  assert.equal(renumbered("name", "plan.2026.3", "other", 1), "plan.2026.3");
  assert.equal(renumbered("value", "plan:remove:3", "plan", 1), "plan:remove:1");
});

test("a step between rows stays within them", () => {
  assert.deepEqual([stepped(-1, 1, 3), stepped(2, 1, 3), stepped(0, -1, 3)], [0, 2, 0]);
});

test("unsent words are kept by account and application, and dropped one by one", () => {
  const kept = store();
  const mine = open("7", "12", kept);
  assert.equal(mine.put({ goals: { pairs: [["goals", "x"]], base: "w" }, plan: { pairs: [] } }), true);
  mine.drop("plan");
  assert.deepEqual(Object.keys(mine.all()), ["goals"]);
  assert.deepEqual(open("8", "12", kept).all(), {});
  mine.drop("goals");
  assert.deepEqual(
    Object.keys(kept).filter((key) => key.startsWith("headwater:")),
    [],
  );
});

test("without an account nothing is kept, and a full browser is said to be full", () => {
  const kept = store();
  assert.equal(open(undefined, "12", kept).put({ goals: { pairs: [] } }), true);
  kept.full = true;
  assert.equal(open("7", "12", kept).put({ goals: { pairs: [] } }), false);
  assert.deepEqual(open("7", "12", kept).all(), {});
});

test("what nobody came back for is forgotten after fourteen days", () => {
  const kept = store();
  const mine = open("7", "12", kept);
  mine.put({ goals: { pairs: [] } });
  forgetOld(kept, Date.now() + 13 * DAY);
  assert.deepEqual(Object.keys(mine.all()), ["goals"]);
  forgetOld(kept, Date.now() + 15 * DAY);
  assert.deepEqual(mine.all(), {});
});

test("bytes are written as two digits each", () => {
  assert.equal(hex(new Uint8Array([0, 10, 255]).buffer), "000aff");
});

/** Take a step against prepared answers.
 * @param {(Partial<Response> | Error)[]} answers */
async function taken(answers) {
  /** @type {number[]} */
  const waits = [];
  let offline = 0;
  const by = {
    fetch: /** @type {any} */ (
      async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      }
    ),
    pause: async (/** @type {number} */ ms) => {
      waits.push(ms);
    },
    offline: () => {
      offline += 1;
    },
    signedOut: "sign in",
    token: "t",
  };
  const told = await persist({ method: "PUT", url: "/" }, by).catch((error) => error.message);
  return { told, waits, offline };
}

test("a step is repeated, each time later, until the server answers", async () => {
  const lost = Array.from({ length: 6 }, () => new Error("lost"));
  const out = await taken([...lost, { status: 503 }, { status: 200, ok: true, json: async () => ({ offset: 5 }) }]);
  assert.deepEqual(out, { told: { offset: 5 }, waits: [1000, 2000, 4000, 8000, 15000, 15000, 15000], offline: 7 });
});

test("a step ends with what the server refuses, and where nobody is signed in any more", async () => {
  const refused = { status: 422, ok: false, json: async () => ({ errors: [{ text: "too large" }, { text: "no macros" }] }) };
  assert.equal((await taken([refused])).told, "too large；no macros");
  assert.equal((await taken([{ type: "opaqueredirect", status: 0 }])).told, "sign in");
  const elsewhere = { status: 409, ok: false, json: async () => ({ offset: 3 }) };
  assert.deepEqual((await taken([elsewhere])).told, { offset: 3 });
});
