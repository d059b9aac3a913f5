// The map's style: sources, layers, colours. No glyph or sprite files: text is drawn with the machine's own fonts.
import { tilesUrl } from "./features.js";
import { language, page, townName } from "./i18n.js";
import { RING_DIAMETERS, RING_PARTS, isDark } from "./symbols.js";

const FONT = ["Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", "Meiryo", "sans-serif"];
const ASSETS_POINTS_FROM_ZOOM = 12; // below, tiles carry counts
const TOKYO_SPAN = [136.0, 20.2, 154.1, 36.0];

/** Population of a half mesh: lower bound of each class and its colour, light to dark. */
export const POPULATION = [
  [1, "#f0f9ff"],
  [500, "#c0e4ff"],
  [2000, "#97d3ff"],
  [4000, "#57b8ff"],
  [6000, "#008bf2"],
  [8000, "#0055ad"],
];

/** Which map layers make up each layer of the legend. */
export const LAYERS_OF = {
  assets: ["clusters", "asset-areas", "assets", "asset-names"],
  municipalities: ["town-lines"],
  stations: ["stations"],
  "wifi-access-points": ["wifi"],
  "population-mesh": ["population"],
};

const GREYS = {
  light: { sea: "#dfe5ea", land: "#f7f7f5", border: "#8c8c8c", text: "#595959", halo: "#ffffff", mark: "#0017c1" },
  dark: { sea: "#10151a", land: "#22262a", border: "#6f767d", text: "#b3b3b3", halo: "#1a1a1a", mark: "#9db7f9" },
};
const greys = () => GREYS[isDark() ? "dark" : "light"];

/** The whole style for a query {filter, q} and the layers that are on. */
export function makeStyle({ filter, q, layers }) {
  const style = { version: 8, sources: sources({ filter, q }), layers: [...groundLayers(), nameLayer(), ...dataLayers(), ...markLayers()] };
  for (const layer of style.layers) {
    const owner = Object.keys(LAYERS_OF).find((name) => LAYERS_OF[name].includes(layer.id));
    if (owner && !layers.includes(owner)) layer.layout = { ...layer.layout, visibility: "none" };
  }
  return style;
}

function sources({ filter, q }) {
  const vector = (collection, maxzoom, extra) => ({
    type: "vector",
    tiles: [tilesUrl(collection, extra)],
    maxzoom,
    bounds: TOKYO_SPAN,
    attribution: (page.credits[collection] ?? []).map(escapeHtml).join("、"),
  });
  return {
    ...(page.basemap ? { basemap: basemapSource() } : {}),
    municipalities: vector("municipalities", 12),
    "population-mesh": vector("population-mesh", 13),
    assets: vector("assets", 15, { filter, q }),
    stations: vector("stations", 14),
    "wifi-access-points": vector("wifi-access-points", 14),
    "town-names": { type: "geojson", data: townNames() },
    marks: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  };
}

const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const basemapSource = () => ({
  type: "raster",
  tiles: [page.basemap.url],
  tileSize: 256,
  minzoom: 5,
  maxzoom: 18,
  attribution: page.basemap.attribution,
});

function townNames() {
  const features = page.municipalities.map((town) => ({
    type: "Feature",
    properties: { name: townName(town) },
    geometry: { type: "Point", coordinates: [town.lon, town.lat] },
  }));
  return { type: "FeatureCollection", features };
}

function groundLayers() {
  const grey = greys();
  const raster = isDark()
    ? { "raster-saturation": -1, "raster-brightness-min": 0.72, "raster-brightness-max": 0.1, "raster-opacity": 0.75 }
    : { "raster-saturation": -1, "raster-contrast": -0.1, "raster-opacity": 0.7 };
  return [
    { id: "sea", type: "background", paint: { "background-color": grey.sea } },
    { id: "land", type: "fill", source: "municipalities", "source-layer": "municipalities", paint: { "fill-color": grey.land } },
    ...(page.basemap ? [{ id: "basemap", type: "raster", source: "basemap", paint: { ...raster, "raster-fade-duration": 100 } }] : []),
    { id: "population", type: "fill", source: "population-mesh", "source-layer": "population-mesh", paint: populationPaint() },
    {
      id: "town-lines",
      type: "line",
      source: "municipalities",
      "source-layer": "municipalities",
      paint: { "line-color": grey.border, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.6], "line-opacity": 0.8 },
    },
    {
      id: "town-names",
      type: "symbol",
      source: "town-names",
      layout: { ...textLayout(12), "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 8, 10, 13, 14], "text-padding": 4, "text-variable-anchor": ["center", "top", "bottom"], "text-radial-offset": 0.8 },
      paint: textPaint(grey.text),
    },
  ];
}

const populationPaint = () => ({
  "fill-color": ["step", ["get", "population"], "rgba(0,0,0,0)", ...POPULATION.flat()],
  "fill-opacity": isDark() ? 0.4 : 0.55,
  "fill-antialias": false,
});
const textLayout = (size) => ({ "text-font": FONT, "text-size": size });
const textPaint = (colour) => ({ "text-color": colour, "text-halo-color": greys().halo, "text-halo-width": 1.6 });

const isCluster = ["has", "n"];
const isPoint = ["==", ["geometry-type"], "Point"];
const NOT_AVAILABLE = ["reserved", "in_use", "suspended", "unlisted"];
const faint = ["match", ["coalesce", ["get", "availability"], "open"], NOT_AVAILABLE, 0.5, 1];
const atZooms = (small, large) => ["interpolate", ["linear"], ["zoom"], 9, small, 16, large];

function dataLayers() {
  const pointer = { "icon-allow-overlap": true, "icon-padding": 0 };
  return [
    {
      id: "asset-areas",
      type: "fill",
      source: "assets",
      "source-layer": "assets",
      filter: ["all", ["!", isCluster], ["==", ["geometry-type"], "Polygon"]],
      minzoom: 14,
      paint: { "fill-color": "#1d8b56", "fill-opacity": 0.25, "fill-outline-color": "#115a36" },
    },
    {
      id: "wifi",
      type: "symbol",
      source: "wifi-access-points",
      "source-layer": "wifi-access-points",
      layout: { ...pointer, "icon-image": ["case", ["==", ["get", "has_openroaming"], true], "wifi/open", "wifi/other"], "icon-size": atZooms(0.4, 0.95) },
    },
    {
      id: "clusters",
      type: "symbol",
      source: "assets",
      "source-layer": "assets",
      filter: isCluster,
      layout: {
        "icon-allow-overlap": true,
        "icon-image": clusterImage(),
        "text-field": ["case", [">", ["get", "n"], 1], ["number-format", ["get", "n"], { locale: language }], ""],
        ...textLayout(["step", ["get", "n"], 12, 1000, 13]),
        "text-allow-overlap": true,
        "symbol-sort-key": ["get", "n"],
      },
      paint: { "text-color": isDark() ? "#ffffff" : "#1a1a1a" },
    },
    {
      id: "assets",
      type: "symbol",
      source: "assets",
      "source-layer": "assets",
      filter: ["!", isCluster],
      layout: { ...pointer, "icon-image": assetImage(), "icon-size": ["interpolate", ["linear"], ["zoom"], ASSETS_POINTS_FROM_ZOOM, 0.55, 16, 1] },
      paint: { "icon-opacity": faint },
    },
    {
      id: "stations",
      type: "symbol",
      source: "stations",
      "source-layer": "stations",
      layout: {
        ...pointer,
        "icon-image": "station",
        "icon-size": atZooms(0.55, 1.1),
        ...textLayout(atZooms(6, 11)),
        "text-field": carrierLetter(),
        "text-offset": [0, 0.25],
        "text-allow-overlap": true,
      },
      paint: { "text-color": isDark() ? "#1a1a1a" : "#ffffff" },
    },
  ];
}

/** Names stand below the symbols, which are placed first and which names therefore keep clear of. */
const nameLayer = () => ({
  id: "asset-names",
  type: "symbol",
  source: "assets",
  "source-layer": "assets",
  filter: ["all", ["!", isCluster], isPoint],
  minzoom: 15,
  layout: { ...textLayout(12), "text-field": ["get", "name"], "text-anchor": "left", "text-offset": [1.5, 0], "text-max-width": 12, "text-justify": "left", "text-padding": 1 },
  paint: textPaint(isDark() ? "#f2f2f2" : "#1a1a1a"),
});

/** "通信事業者A" shows A; a real carrier its first letter. */
function carrierLetter() {
  const name = ["coalesce", ["get", "carrier"], ""];
  return ["case", ["==", ["index-of", "通信事業者", name], 0], ["slice", name, 5, 6], ["slice", name, 0, 1]];
}

/** Name of the image that makeImage draws: "asset/{shape}/{owner}/{s or r}". */
function assetImage() {
  const shape = ["case", ["==", ["get", "structure_kind"], "smart_pole"], "smart_pole", ["coalesce", ["get", "asset_kind"], "building"]];
  const owner = ["match", ["coalesce", ["get", "owner_type"], ""], ["metropolitan", "municipality"], ["get", "owner_type"], "other"];
  return ["concat", "asset/", shape, "/", owner, "/", ["case", ["==", ["get", "is_sample"], true], "s", "r"]];
}

/** "ring/{diameter}/{building}/{land}/{structure}" in sixteenths; a count of one shows the kind's own shape. */
function clusterImage() {
  const [tiny, small, middle, large] = RING_DIAMETERS;
  const share = (kind) => {
    const size = ["coalesce", ["get", kind], 0];
    return ["case", [">", size, 0], ["max", 1, ["round", ["/", ["*", RING_PARTS, size], ["get", "n"]]]], 0];
  };
  const diameter = ["step", ["get", "n"], tiny, 10, small, 100, middle, 1000, large];
  const single = ["case", [">", ["get", "building"], 0], "building", [">", ["get", "land"], 0], "land", "structure"];
  return [
    "case",
    ["==", ["get", "n"], 1],
    ["concat", "asset/", single, "/municipality/r"],
    ["concat", "ring/", ["to-string", diameter], "/", ["to-string", share("building")], "/", ["to-string", share("land")], "/", ["to-string", share("structure")]],
  ];
}

/** Rings round what is pointed at and what is chosen, and the pin of a searched position. */
function markLayers() {
  const of = (role) => ["==", ["get", "role"], role];
  const { mark, halo } = greys();
  const ring = (id, role, radius, width) => [
    { id: `${id}-halo`, type: "circle", source: "marks", filter: of(role), paint: { "circle-radius": radius, "circle-opacity": 0, "circle-stroke-color": halo, "circle-stroke-width": width + 3 } },
    { id, type: "circle", source: "marks", filter: of(role), paint: { "circle-radius": radius + 1.5, "circle-opacity": 0, "circle-stroke-color": mark, "circle-stroke-width": width } },
  ];
  return [...ring("mark-selected", "selected", 11, 3), ...ring("mark-pointed", "pointed", 14, 3), ...ring("mark-chosen", "chosen", 17, 4)];
}
