// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { caretMove, encode, isRefused, leftBehind, rowsNeeded, same, settle } from "../src/editor/merge.js";

/** @typedef {import("../src/editor/merge.js").Pair} Pair */
/** @typedef {import("../src/editor/merge.js").Answer} Answer */

/** One field with one control. @type {(name: string, value: string) => Pair[]} */
const one = (name, value) => [[name, value]];

/** Settle what was sent of one field. @type {(typed: string, news: object, errors?: Record<string, string>) => ReturnType<typeof settle>} */
function settled(typed, news, errors = {}) {
  const parcel = { goals: { pairs: one("goals", "sent"), base: "before" } };
  const state = { base: { goals: "before", other: "theirs" }, changed: new Set(["goals"]) };
  /** @type {Answer} */
  const answer = { message: "saved", errors, fields: { goals: news } };
  return settle(state, parcel, answer, (name) => (name === "goals" ? one("goals", typed) : null));
}

test("what is empty says nothing", () => {
  assert.equal(same([["a", ""]], []), true);
  assert.equal(same(one("a", "x"), one("a", "y")), false);
  assert.equal(
    same(
      [
        ["a", "x"],
        ["b", ""],
      ],
      one("a", "x"),
    ),
    true,
  );
});

test("a field is refused by its own name, by a part of it, and with the whole", () => {
  assert.equal(isRefused({ "plan.0.year": "wrong" }, "plan"), true);
  assert.equal(isRefused({ planned: "wrong" }, "plan"), false);
  assert.equal(isRefused({ _: "closed" }, "plan"), true);
});

test("a parcel names its fields, their values, and what their writers had seen", () => {
  const parcel = { goals: { pairs: one("goals", "a b"), base: "a" }, ticks: { pairs: /** @type {Pair[]} */ ([]) } };
  const sent = encode(parcel, { section: "plan", revision: "7" });
  assert.deepEqual(sent.getAll("_fields"), ["goals", "ticks"]);
  assert.equal(sent.get("goals"), "a b");
  assert.deepEqual(JSON.parse(sent.get("_base") ?? ""), { goals: "a" });
  assert.deepEqual([sent.get("_section"), sent.get("_revision")], ["plan", "7"]);
  assert.equal(encode(parcel).has("_section"), false);
});

test("what was stored is no longer to be sent, and is seen", () => {
  const out = settled("sent", { base: "sent", pairs: one("goals", "sent") });
  assert.deepEqual([[...out.changed], out.stored, out.base.goals, out.show], [[], ["goals"], "sent", []]);
});

test("what was typed since stays to be sent, on the base of what was sent", () => {
  const out = settled("sent and more", { sent: "sent", base: "merged", pairs: one("goals", "merged") });
  assert.deepEqual([[...out.changed], out.base.goals, out.show], [["goals"], "sent", []]);
});

test("what others wrote is shown where nobody types", () => {
  const out = settled("sent", { sent: "sent", base: "merged", pairs: one("goals", "merged") });
  assert.deepEqual(out.show, [["goals", one("goals", "merged")]]);
  assert.equal(out.base.goals, "merged");
});

test("a field that the page does not hold is seen and not shown", () => {
  const state = { base: {}, changed: new Set(["elsewhere"]) };
  const answer = { message: "", fields: { elsewhere: { base: "new", pairs: one("elsewhere", "new") } } };
  const out = settle(state, {}, answer, () => null);
  assert.deepEqual([out.show, out.base], [[], { elsewhere: undefined }]);
});

test("what was refused stays to be sent and is not taken for stored", () => {
  const out = settled("sent", { base: "before" }, { goals: "too long" });
  assert.deepEqual([[...out.changed], out.stored], [["goals"], []]);
});

test("words in one place are kept beside the field", () => {
  assert.deepEqual(settled("sent", { base: "sent", clash: "<p>theirs</p>" }).clashes, [["goals", "<p>theirs</p>"]]);
});

test("settling changes nothing of what it was given", () => {
  const state = { base: { goals: "before" }, changed: new Set(["goals"]) };
  settle(state, { goals: { pairs: one("goals", "x") } }, { message: "", fields: { goals: { base: "x" } } }, () =>
    one("goals", "x"),
  );
  assert.deepEqual([state.base, [...state.changed]], [{ goals: "before" }, ["goals"]]);
});

test("words left behind are dropped when the page has them, and shown when it has not, or has refused them", () => {
  const kept = {
    has: { pairs: one("has", "x") },
    lacks: { pairs: one("lacks", "mine"), base: "old" },
    refused: { pairs: one("refused", "y") },
    gone: { pairs: one("gone", "z") },
  };
  /** @type {Record<string, Pair[] | null>} */
  const page = { has: one("has", "x"), lacks: one("lacks", "theirs"), refused: one("refused", "y"), gone: null };
  const out = leftBehind(
    kept,
    (name) => page[name],
    (name) => name === "refused",
  );
  assert.deepEqual(out.drop, ["has"]);
  assert.deepEqual(
    out.show.map(([name]) => name),
    ["lacks", "refused"],
  );
});

test("rows are counted by the names of their controls", () => {
  assert.equal(
    rowsNeeded([
      ["plan.0.year", "1"],
      ["plan.2.year", "3"],
      ["plan", ""],
    ]),
    3,
  );
  assert.equal(rowsNeeded([["plan", ""]]), 0);
});

test("the caret stays between the same words", () => {
  const moved = caretMove("ab|cd", "ab|XXcd");
  assert.deepEqual([moved(0), moved(3), moved(5)], [0, 3, 7]);
  assert.equal(caretMove("abc", "")(2), 0);
  assert.equal(caretMove("aXXb", "ab")(2), 2);
});
