import assert from "node:assert/strict";
import { test } from "node:test";
import { LAYERS, readAddress, writeAddress } from "../../app/web/static/address.js";

test("an address comes back as it was written", () => {
  const state = {
    q: "小学校 & 公園",
    filter: "asset_kind = 'building' AND height_m >= 20",
    feature: { collection: "assets", id: "tmg/001" },
    layers: ["assets", "stations"],
    sort: "-height_m",
    view: { zoom: 14.25, lat: 35.68944, lon: 139.69171 },
  };
  const text = writeAddress(state, "en");
  const [search, hash] = [text.slice(0, text.indexOf("#")), text.slice(text.indexOf("#"))];
  assert.deepEqual(readAddress(search, hash), { ...state, bbox: null });
  assert.match(search, /lang=en/);
});

test("the plain state has a plain address", () => {
  assert.equal(writeAddress(readAddress("", "")), "");
});

test("a box can stand for the view", () => {
  assert.deepEqual(readAddress("?bbox=139.6,35.6,139.8,35.8", "").bbox, [139.6, 35.6, 139.8, 35.8]);
});

test("nonsense is left out", () => {
  const address = readAddress("?bbox=1,2,x,4&feature=secrets/1&sort=drop&layers=evil,assets", "#map=99/1/2");
  assert.deepEqual(address, { q: "", filter: "", feature: null, layers: ["assets"], sort: "", view: null, bbox: null });
  assert.deepEqual(readAddress("?bbox=3,2,1,4", "#map=5/91/2").bbox, null);
  assert.equal(LAYERS.length, 5);
});
