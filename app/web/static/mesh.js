// Codes of JIS X 0410 meshes (half: 500 m, nine digits; quarter: 250 m, ten) <-> degrees. Pure.

const ROWS = 480; // quarter meshes in a degree of latitude
const COLUMNS = 320; // and of longitude, from 100° east

/** The code of the mesh a point lies in; "" outside the land of codes. A point on an edge belongs north and east of it. */
export function meshCode(lon, lat, level) {
  const [row, column] = [Math.floor(lat * ROWS), Math.floor((lon - 100) * COLUMNS)];
  if (row < 0 || row >= 32_000 || column < 0 || column >= 25_600) return "";
  const two = (n) => String(n).padStart(2, "0");
  const third = [Math.floor(row / 320), Math.floor(column / 320), Math.floor((row % 320) / 40), Math.floor((column % 320) / 40), Math.floor((row % 40) / 4), Math.floor((column % 40) / 4)];
  const half = 1 + Math.floor((column % 4) / 2) + 2 * Math.floor((row % 4) / 2);
  const quarter = 1 + (column % 2) + 2 * (row % 2);
  return two(third[0]) + two(third[1]) + third.slice(2).join("") + half + (level === "half" ? "" : quarter);
}

/** West, south, east, north of a mesh in degrees. */
export function meshBox(code) {
  const [p, u, q, v, r, w] = [code.slice(0, 2), code.slice(2, 4), ...code.slice(4, 8)].map(Number);
  let [row, column, scale] = [p * 80 + q * 10 + r, u * 80 + v * 10 + w, 1];
  for (const digit of code.slice(8)) [row, column, scale] = [row * 2 + (digit > 2), column * 2 + ((digit - 1) % 2), scale * 2];
  return [100 + column / (80 * scale), row / (120 * scale), 100 + (column + 1) / (80 * scale), (row + 1) / (120 * scale)];
}
