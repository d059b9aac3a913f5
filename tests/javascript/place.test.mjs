import assert from "node:assert/strict";
import { test } from "node:test";
import { boxAround, boxOf, distanceM, isWithin, parsePosition, pointOf, splitMunicipalities } from "../../app/web/static/place.js";

for (const text of [
  "35.689,139.692",
  "35.689, 139.692",
  "35.689 139.692",
  "３５．６８９，１３９．６９２",
  "３５．６８９、１３９．６９２",
  "35.689　139.692",
  "139.692,35.689",
  "北緯35.689度 東経139.692度",
  "35.689N 139.692E",
  "139.692E 35.689N",
]) {
  test(`a position: ${text}`, () => assert.deepEqual(parsePosition(text), { lat: 35.689, lon: 139.692 }));
}

test("degrees, minutes and seconds", () => {
  const { lat, lon } = parsePosition(`35°41'22"N 139°41'30"E`);
  assert.ok(Math.abs(lat - 35.68944) < 1e-4 && Math.abs(lon - 139.69167) < 1e-4);
  assert.deepEqual(parsePosition("35度30分, 139度15分"), { lat: 35.5, lon: 139.25 });
});

for (const text of ["", "新宿区", "35.689", "1,2,3", "160-0023", "95,200", "35.689;drop", "西新宿2-8-1"]) {
  test(`no position: ${text}`, () => assert.equal(parsePosition(text), null));
}

test("a position elsewhere keeps the order latitude, longitude", () => {
  assert.deepEqual(parsePosition("-10,20"), { lat: -10, lon: 20 });
});

test("municipalities named in full are told from words", () => {
  const towns = [{ code: "13104", name: "新宿区", name_en: "Shinjuku City" }, { code: "13361", name: "大島町", name_en: "Oshima" }];
  assert.deepEqual(splitMunicipalities("新宿区　小学校", towns), { codes: ["13104"], q: "小学校" });
  assert.deepEqual(splitMunicipalities("東京都大島町", towns), { codes: ["13361"], q: "" });
  assert.deepEqual(splitMunicipalities("oshima", towns), { codes: ["13361"], q: "" });
  assert.deepEqual(splitMunicipalities("新宿区立小学校", towns), { codes: [], q: "新宿区立小学校" });
});

test("distances and boxes", () => {
  const station = { lat: 35.681236, lon: 139.767125 };
  const hall = { lat: 35.689634, lon: 139.692101 };
  assert.ok(Math.abs(distanceM(station, hall) - 6841) < 40);
  const [west, south, east, north] = boxAround(hall, 500);
  assert.ok(distanceM(hall, { lat: hall.lat, lon: west }) >= 499.9 && distanceM(hall, { lat: north, lon: hall.lon }) >= 499.9);
  assert.ok(west < east && south < north);
  assert.deepEqual(boxOf([{ lon: 1, lat: 2 }, { lon: 3, lat: 5 }]), [1, 2, 3, 5]);
  assert.deepEqual(pointOf({ type: "Polygon", coordinates: [[[0, 0], [2, 0], [2, 4], [0, 0]]] }), { lon: 1, lat: 2 });
});

test("what lies within a line drawn round it", () => {
  const notched = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]];
  assert.ok(isWithin({ lon: 1, lat: 1 }, notched));
  assert.ok(!isWithin({ lon: 5, lat: 8 }, notched));
  assert.ok(!isWithin({ lon: 11, lat: 5 }, notched));
  const crossed = [[0, 0], [10, 10], [10, 0], [0, 10]];
  assert.ok(isWithin({ lon: 9, lat: 5 }, crossed) && isWithin({ lon: 1, lat: 5 }, crossed));
  assert.ok(!isWithin({ lon: 5, lat: 9 }, crossed));
});
