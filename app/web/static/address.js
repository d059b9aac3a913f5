// The page's address <-> what it shows. A link is a report: everything that matters stands in it. Pure.

/** Layers in drawing order; the first two are on unless the address says otherwise. */
export const LAYERS = ["assets", "municipalities", "stations", "wifi-access-points", "population-mesh"];
const DEFAULT_LAYERS = LAYERS.slice(0, 2);
export const SORTS = ["", "-height_m", "name"];

/**
 * What an address asks for: {q, filter, feature: {collection, id} | null, layers, sort, view: {zoom, lat, lon} | null,
 * bbox: [w, s, e, n] | null}. Parts that make no sense are left out.
 */
export function readAddress(search, hash) {
  const query = new URLSearchParams(search);
  return {
    q: query.get("q") ?? "",
    filter: query.get("filter") ?? "",
    feature: readFeature(query.get("feature")),
    layers: readLayers(query.get("layers")),
    sort: SORTS.includes(query.get("sort")) ? query.get("sort") : "",
    view: readView(hash),
    bbox: readBox(query.get("bbox")),
  };
}

function readFeature(text) {
  const match = /^([a-z-]+)\/(.+)$/.exec(text ?? "");
  return match && LAYERS.slice(0, 4).includes(match[1]) ? { collection: match[1], id: match[2] } : null;
}

const readLayers = (text) => (text === null ? [...DEFAULT_LAYERS] : LAYERS.filter((layer) => text.split(",").includes(layer)));

function readView(hash) {
  const match = /map=(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)/.exec(hash);
  if (!match) return null;
  const [zoom, lat, lon] = match.slice(1).map(Number);
  return zoom <= 22 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, lat, lon } : null;
}

function readBox(text) {
  const numbers = (text ?? "").split(",").map(Number);
  const [west, south, east, north] = numbers;
  const sound = numbers.length === 4 && numbers.every(Number.isFinite) && west < east && south < north;
  return sound && Math.abs(south) <= 85 && Math.abs(north) <= 85 && Math.abs(west) <= 180 && Math.abs(east) <= 180 ? numbers : null;
}

/** The query and fragment that say a state; `language` is written only when it is not Japanese. */
export function writeAddress({ q, filter, feature, layers, sort, view }, language = "ja") {
  const query = new URLSearchParams();
  if (language !== "ja") query.set("lang", language);
  if (q) query.set("q", q);
  if (filter) query.set("filter", filter);
  if (sort) query.set("sort", sort);
  if (layers.join() !== DEFAULT_LAYERS.join()) query.set("layers", layers.join(","));
  if (feature) query.set("feature", `${feature.collection}/${feature.id}`);
  const search = query.size ? `?${query}`.replaceAll("%2F", "/").replaceAll("%2C", ",") : "";
  return search + (view ? `#map=${writeView(view)}` : "");
}

const writeView = ({ zoom, lat, lon }) => [zoom.toFixed(2), lat.toFixed(5), lon.toFixed(5)].map(Number).join("/");
