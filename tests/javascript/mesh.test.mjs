import assert from "node:assert/strict";
import { test } from "node:test";
import { meshBox, meshCode } from "../../app/web/static/mesh.js";

const INSIDE = [[139.0962, 35.8094], [142.1919, 27.0944], [139.7671, 35.6812], [153.98, 24.29], [122.93, 24.45]];

test("codes are those of JIS X 0410", () => {
  assert.equal(meshCode(139.7671, 35.6812, "quarter"), "5339461132");
  assert.equal(meshCode(139.7671, 35.6812, "half"), "533946113");
  assert.equal(meshCode(142.1919, 27.0944, "half").slice(0, 4), "4042");
  assert.equal(meshCode(99.9, 35, "quarter"), "");
  assert.equal(meshCode(139, -1, "quarter"), "");
});

for (const level of ["quarter", "half"]) {
  test(`a point lies in the box of its ${level} mesh, and the box's middle has that code`, () => {
    for (const [lon, lat] of INSIDE) {
      const code = meshCode(lon, lat, level);
      const [west, south, east, north] = meshBox(code);
      assert.ok(west <= lon && lon < east && south <= lat && lat < north, code);
      assert.equal(meshCode((west + east) / 2, (south + north) / 2, level), code);
    }
  });
}
