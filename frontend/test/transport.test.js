// @ts-check
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { transport, troubleOf } from "../src/editor/transport.js";

/** @typedef {import("../src/editor/merge.js").Parcel} Parcel */

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

/** Let what waits for an answer go on. */
async function settle() {
  for (let n = 0; n < 10; n++) await Promise.resolve();
}

/** @type {(ms: number) => Promise<void>} */
async function pass(ms) {
  mock.timers.tick(ms);
  await settle();
}

/** A page on which somebody types, and a server with prepared answers.
 * @param {(Error | { status?: number, type?: string, message?: string })[]} answers */
function desk(answers) {
  /** @type {{ sent: string[], troubles: string[], taken: string[], kept: number, words: string }} */
  const log = { sent: [], troubles: [], taken: [], kept: 0, words: "" };
  /** @type {any} */
  const ask = async (/** @type {string} */ _url, /** @type {{ body: URLSearchParams }} */ request) => {
    log.sent.push(request.body.toString());
    const next = answers.shift() ?? {};
    if (next instanceof Error) throw next;
    const { status = 200, type = "basic" } = next;
    return { status, type, ok: status < 300, json: async () => ({ message: next.message ?? "saved" }) };
  };
  const parcel = () => /** @type {Parcel} */ ({ goals: { pairs: [["goals", log.words]] } });
  const post = transport({
    url: "/save/",
    waits: () => log.words !== "",
    parcel,
    rest: parcel,
    body: (sent) => new URLSearchParams(sent.goals.pairs),
    headers: () => ({}),
    take: (sent, answer) => {
      log.taken.push(answer.message);
      if (sent.goals.pairs[0][1] === log.words) log.words = "";
    },
    tell: (trouble) => log.troubles.push(trouble),
    keep: () => {
      log.kept += 1;
    },
    fetch: ask,
  });
  return {
    log,
    post,
    type: (/** @type {string} */ words) => {
      log.words = words;
      post.typed();
    },
  };
}

test("an answer means what its status says", () => {
  const of = (/** @type {number} */ status, type = "basic") =>
    troubleOf({ status, type: /** @type {ResponseType} */ (type), ok: status >= 200 && status < 300 });
  assert.deepEqual(
    [of(200), of(0, "opaqueredirect"), of(403), of(409), of(502), of(413)],
    [null, "signedOut", "signedOut", "other", "failed", "refused"],
  );
});

test("it sends once, when the typing pauses", async () => {
  const { log, type } = desk([]);
  type("a");
  await pass(800);
  type("ab");
  await pass(800);
  assert.deepEqual(log.sent, []);
  await pass(400);
  assert.deepEqual([log.sent, log.taken, log.kept], [["goals=ab"], ["saved"], 1]);
  await pass(60000);
  assert.equal(log.sent.length, 1);
});

test("what was sent without an answer is sent again as it was first, and what was typed since after it", async () => {
  const { log, type } = desk([new Error("no connection")]);
  type("a");
  await pass(1200);
  assert.deepEqual(log.troubles, ["offline"]);
  log.words = "ab";
  await pass(5000);
  assert.deepEqual(log.sent, ["goals=a", "goals=a"]);
  await pass(1200);
  assert.deepEqual([log.sent, log.words], [["goals=a", "goals=a", "goals=ab"], ""]);
});

test("a lost session waits longer than a failing server, and both send the same again", async () => {
  const { log, type } = desk([{ status: 0, type: "opaqueredirect" }, { status: 503 }]);
  type("a");
  await pass(1200);
  await pass(14000);
  assert.equal(log.sent.length, 1);
  await pass(1000);
  await pass(10000);
  assert.deepEqual([log.sent.length, log.troubles, log.taken], [3, ["signedOut", "failed"], ["saved"]]);
});

test("what was refused is not sent again until something is typed, and then as it is by then", async () => {
  const { log, post, type } = desk([{ status: 413 }]);
  type("far too much");
  await pass(1200);
  await pass(60000);
  assert.deepEqual([log.sent.length, log.troubles], [1, ["refused"]]);
  type("less");
  await pass(1200);
  assert.deepEqual(log.sent, ["goals=far+too+much", "goals=less"]);
  post.soon(0);
  await pass(60000);
  assert.equal(log.sent.length, 2);
});

test("one parcel at a time", async () => {
  /** @type {(answer: any) => void} */
  let answer = () => {};
  const { log, post, type } = desk([]);
  const slow = transport({
    url: "/save/",
    waits: () => true,
    parcel: () => ({}),
    rest: () => ({}),
    body: () => new URLSearchParams(),
    headers: () => ({}),
    take: () => {},
    tell: () => {},
    keep: () => {},
    fetch: /** @type {any} */ (
      () => {
        log.sent.push("slow");
        return new Promise((go) => {
          answer = go;
        });
      }
    ),
  });
  slow.typed();
  await pass(1200);
  slow.typed();
  await pass(1500);
  assert.deepEqual(log.sent, ["slow"]);
  answer({ status: 200, type: "basic", ok: true, json: async () => ({}) });
  await settle();
  await pass(1500);
  assert.deepEqual(log.sent, ["slow", "slow"]);
  type("a");
  post.stop();
  await pass(5000);
  assert.equal(log.sent.length, 2);
});

test("leaving the page sends what is left, and nothing when nothing is", async () => {
  const { log, post, type } = desk([]);
  post.leave();
  type("a");
  post.leave();
  assert.deepEqual(log.sent, ["goals=a"]);
});
