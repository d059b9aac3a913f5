import assert from "node:assert/strict";
import { test } from "node:test";
import { CHOICES, emptyFilter, filterParts, filterText, isEmpty, parseFilter, without } from "../../app/web/static/filter.js";

const CODES = {
  municipality_code: ["13104", "13113", "13361"],
  asset_kind: ["building", "land", "structure"],
  structure_kind: ["bus_stop", "smart_pole"],
  owner_type: ["metropolitan", "municipality"],
  power: ["available", "nearby", "none"],
  fibre: ["available", "nearby", "none"],
  availability: ["open", "it's"],
  priority_area: ["commercial"],
};
const parse = (text) => parseFilter(text, CODES);

test("an empty text is an empty filter", () => {
  assert.deepEqual(parse("  "), emptyFilter());
  assert.ok(isEmpty(parse("")));
});

test("a filter is written as CQL2", () => {
  const filter = { ...emptyFilter(), asset_kind: ["building", "land"], municipality_code: ["13104"], height_from: 20, is_sample: false };
  assert.equal(
    filterText(filter),
    "municipality_code = '13104' AND asset_kind IN ('building', 'land') AND height_m >= 20 AND is_sample = FALSE",
  );
});

test("whatever the form holds comes back from its text", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
  for (let round = 0; round < 500; round += 1) {
    const filter = emptyFilter();
    for (const field of CHOICES) filter[field] = CODES[field].filter(() => random(3) === 0);
    filter.height_from = random(2) ? random(900) / 10 : null;
    filter.height_to = random(2) ? random(500) : null;
    filter.is_sample = [null, true, false][random(3)];
    filter.rest = ["", "S_INTERSECTS(geom, POINT(139.7 35.7))", "area_m2 > 100 OR name LIKE '%AND%'"][random(3)];
    const text = filterText(filter);
    const again = parse(text);
    assert.equal(filterText(again), text);
    assert.deepEqual({ ...again, rest: "" }, { ...filter, rest: "" }, text);
  }
});

test("other spellings of the same are understood", () => {
  const filter = parse("height_m between 10 and 30.5 and asset_kind in('land') AND is_sample=true");
  assert.deepEqual(filter, { ...emptyFilter(), height_from: 10, height_to: 30.5, asset_kind: ["land"], is_sample: true });
});

for (const [text, why] of [
  ["asset_kind = 'building' OR height_m >= 3", "an OR at the top"],
  ["asset_kind = 'castle'", "an unknown code"],
  ["height_m > 20", "an operator without a control"],
  ["NOT asset_kind = 'land'", "a negation"],
  ["height_m >= area_m2", "two fields"],
  ["asset_kind IN ('land' 'building')", "a broken list"],
  ["asset_kind IN ()", "an empty list"],
  ["(height_m >= 3", "a bracket left open"],
  ["height_m >= 3)", "a bracket too many"],
  ["asset_kind = building", "a word without quotes"],
  ["height_m >= 'x'", "text for a number"],
  ["height_m BETWEEN 3", "half a range"],
  ["'AND'", "a lone string"],
]) {
  test(`kept word for word: ${why}`, () => {
    assert.deepEqual(parse(text), { ...emptyFilter(), rest: text });
    assert.equal(filterText(parse(text)), text);
  });
}

test("what the form knows and what it does not are told apart", () => {
  const filter = parse("asset_kind = 'land' AND name LIKE '%a AND b%' AND height_m >= 5 AND height_m >= 9");
  assert.deepEqual(filter.asset_kind, ["land"]);
  assert.equal(filter.height_from, 5);
  assert.equal(filter.rest, "name LIKE '%a AND b%' AND height_m >= 9");
});

test("a rest with OR is bracketed beside other conditions, and understood again", () => {
  const filter = { ...emptyFilter(), power: ["available"], rest: "area_m2 > 1 OR height_m > 2" };
  assert.equal(filterText(filter), "power = 'available' AND (area_m2 > 1 OR height_m > 2)");
  assert.equal(parse(filterText(filter)).rest, "(area_m2 > 1 OR height_m > 2)");
});

test("quotes inside codes are doubled", () => {
  const filter = { ...emptyFilter(), availability: ["it's"] };
  assert.equal(filterText(filter), "availability = 'it''s'");
  assert.deepEqual(parse(filterText(filter)), filter);
});

test("a filter reads as parts, and each part can be taken away", () => {
  const words = { say: (key, values) => `${key}${JSON.stringify(values ?? {})}`, label: (_, code) => code, either: (list) => list.join("|") };
  const filter = { ...emptyFilter(), asset_kind: ["land", "building"], height_from: 20, is_sample: true, rest: "x > 1" };
  const parts = filterParts(filter, words);
  assert.deepEqual(parts.map((part) => part.field), ["asset_kind", "height_m", "is_sample", "rest"]);
  assert.equal(parts[0].text, 'part.asset_kind{"value":"land|building"}');
  const none = parts.reduce((left, part) => without(left, part.field), filter);
  assert.deepEqual(none, emptyFilter());
});
