// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { disagrees, mark, total } from "../src/hint.js";

const rule = { weights: { value: 60, plan: 40 }, high: 85, worst: 1, low: 60, best: 3 };

test("a mark is what people type", () => {
  assert.deepEqual(
    [mark("85"), mark(" ８５．５ "), mark("85,5"), mark(""), mark("x"), mark("101"), mark("-1")],
    [85, 85.5, 85.5, null, null, null, null],
  );
});

test("the total follows the weights and waits for all marks", () => {
  assert.equal(total(rule, { value: 90, plan: 80 }), 86);
  assert.equal(total(rule, { value: 90, plan: null }), null);
  assert.equal(total({ ...rule, weights: {} }, {}), null);
});

test("high marks with the worst grade and low marks with the best disagree, at the same limits as on the server", () => {
  const marks = (/** @type {number} */ value) => ({ value, plan: value });
  assert.equal(disagrees(rule, marks(85), 1), true);
  assert.equal(disagrees(rule, marks(84.9), 1), false);
  assert.equal(disagrees(rule, marks(59.9), 3), true);
  assert.equal(disagrees(rule, marks(60), 3), false);
  assert.equal(disagrees(rule, marks(90), 3), false);
  assert.equal(disagrees(rule, { value: 90, plan: null }, 1), false);
  assert.equal(disagrees(rule, marks(90), null), false);
});
