import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const kept = new Map();
const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
Object.assign(globalThis, { localStorage: storage, sessionStorage: storage, addEventListener: () => {} });
const { createSelection, forgetChosen, MOST, readChosen } = await import("../../app/web/static/selection.js");
const assets = (from, to) => Array.from({ length: to - from }, (_, n) => ({ id: `a-${from + n}`, name: "", place: "", lon: 139, lat: 35 }));

beforeEach(() => kept.clear());

test("what is chosen is kept once, and each step can be undone", () => {
  let changes = 0;
  const selection = createSelection(() => (changes += 1));
  assert.deepEqual(selection.add(assets(0, 3)), { added: 3, left: 0 });
  assert.deepEqual(selection.add(assets(2, 4)), { added: 1, left: 0 });
  assert.equal(selection.remove(["a-0", "a-9"]), 1);
  selection.undo();
  assert.equal(readChosen().length, 4);
  selection.undo();
  selection.undo();
  assert.equal(selection.all().length, 0);
  assert.ok(!selection.canUndo());
  assert.equal(changes, 6);
});

test("no more than an application takes", () => {
  const selection = createSelection(() => {});
  assert.deepEqual(selection.add(assets(0, MOST + 20)), { added: MOST, left: 20 });
  forgetChosen();
  assert.deepEqual(readChosen(), []);
});

test("what cannot be read is nothing", () => {
  kept.set("selection", "{not json");
  assert.deepEqual(readChosen(), []);
  kept.set("selection", '{"a": 1}');
  assert.deepEqual(readChosen(), []);
});
