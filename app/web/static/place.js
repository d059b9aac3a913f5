// What somebody typed into the search box: a position, a municipality, words. Pure.

const DEGREES = String.raw`(\d+(?:\.\d+)?)\s*(?:[°度]\s*(?:(\d+(?:\.\d+)?)\s*['′分]\s*(?:(\d+(?:\.\d+)?)\s*(?:["″秒]|′′)\s*)?)?)?`;
const POSITION = new RegExp(
  String.raw`^(?:北緯|[NE])?\s*(-?)${DEGREES}\s*([NE])?\s*[,、，\s/]\s*(?:東経|[NE])?\s*(-?)${DEGREES}\s*([NE])?$`,
  "i",
);

/** Half-width digits, signs and spaces for their full-width forms. */
export const halfWidth = (text) => text.normalize("NFKC").trim();

/** {lat, lon} in degrees when the text is a position in either order, else null. */
export function parsePosition(text) {
  const match = POSITION.exec(halfWidth(text));
  if (!match) return null;
  const first = degrees(match[1], match.slice(2, 5));
  const second = degrees(match[6], match.slice(7, 10));
  const swapped = Math.abs(first) > 90 || match[5]?.toUpperCase() === "E" || (inJapan(second, first) && !inJapan(first, second));
  const [lat, lon] = swapped ? [second, first] : [first, second];
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

function degrees(sign, [whole, minutes, seconds]) {
  const size = Number(whole) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600;
  return sign === "-" ? -size : size;
}

const inJapan = (lat, lon) => lat >= 20 && lat <= 46 && lon >= 122 && lon <= 154;

/**
 * Split what was typed into municipalities named in full and the other words.
 * `municipalities` is a list of {code, name, name_en}. Returns {codes, q}.
 */
export function splitMunicipalities(text, municipalities) {
  const codes = [];
  const words = [];
  for (const word of text.trim().split(/[\s　]+/).filter(Boolean)) {
    const named = municipalities.find(({ name, name_en }) => isName(word, name, name_en));
    if (named) codes.push(named.code);
    else words.push(word);
  }
  return { codes, q: words.join(" ") };
}

function isName(word, name, nameEn) {
  const typed = halfWidth(word).toLowerCase();
  return typed === name || typed === `東京都${name}` || (nameEn && typed === nameEn.toLowerCase());
}

/** Metres between two positions on the mean sphere: good to 0.5 % for things near by. */
export function distanceM(a, b) {
  const radian = Math.PI / 180;
  const height = Math.sin(((b.lat - a.lat) * radian) / 2) ** 2;
  const width = Math.cos(a.lat * radian) * Math.cos(b.lat * radian) * Math.sin(((b.lon - a.lon) * radian) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(height + width));
}

/** The box [west, south, east, north] that holds every point within a distance. */
export function boxAround({ lat, lon }, metres) {
  const dLat = metres / 111_195;
  const dLon = dLat / Math.cos((lat * Math.PI) / 180);
  return [lon - dLon, lat - dLat, lon + dLon, lat + dLat];
}

/** A point inside or on a GeoJSON geometry, for marking it: the point itself, else the middle of its box. */
export function pointOf(geometry) {
  const all = positions(geometry.coordinates);
  const middle = (axis) => (Math.min(...all.map((p) => p[axis])) + Math.max(...all.map((p) => p[axis]))) / 2;
  return { lon: middle(0), lat: middle(1) };
}

const positions = (coordinates) => (typeof coordinates[0] === "number" ? [coordinates] : coordinates.flatMap(positions));

/** The box of some positions, at least `least` degrees wide and high. */
export function boxOf(points, least = 0.002) {
  const side = (axis) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const missing = Math.max(0, least - (high - low)) / 2;
    return [low - missing, high + missing];
  };
  const [west, east] = side("lon");
  const [south, north] = side("lat");
  return [west, south, east, north];
}

/** Whether a position lies within a ring of [lon, lat], however it crosses itself (even-odd). */
export function isWithin({ lon, lat }, ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [x0, y0] = ring[i];
    const [x1, y1] = ring[j];
    if (y0 > lat !== y1 > lat && lon < ((x1 - x0) * (lat - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}
