// A small map of the place: the site, the assets and stations round it.
import * as maplibre from "./vendor/maplibre-gl.mjs";

const box = document.getElementById("case-map");
const { lon, lat, basemap } = JSON.parse(document.getElementById("case-map-data").textContent);
const isDark = matchMedia("(prefers-color-scheme: dark)");
const GREYS = {
  light: { sea: "#dfe5ea", land: "#f7f7f5", border: "#8c8c8c", other: "#6b6b6b", mark: "#0017c1", paper: "#ffffff" },
  dark: { sea: "#10151a", land: "#22262a", border: "#6f767d", other: "#a8a8a8", mark: "#9db7f9", paper: "#1a1a1a" },
};

maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

const tiles = (collection, maxzoom) => ({ type: "vector", tiles: [`${location.origin}/ogc/collections/${collection}/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt`], maxzoom });

function style() {
  const grey = GREYS[isDark.matches ? "dark" : "light"];
  const sources = {
    towns: tiles("municipalities", 12),
    assets: tiles("assets", 15),
    stations: tiles("stations", 14),
    here: { type: "geojson", data: { type: "Point", coordinates: [lon, lat] } },
  };
  if (basemap) sources.basemap = { type: "raster", tiles: [basemap.url], tileSize: 256, attribution: basemap.attribution };
  return {
    version: 8,
    sources,
    layers: [
      { id: "sea", type: "background", paint: { "background-color": grey.sea } },
      { id: "land", type: "fill", source: "towns", "source-layer": "municipalities", paint: { "fill-color": grey.land } },
      ...(basemap ? [{ id: "basemap", type: "raster", source: "basemap", paint: { "raster-saturation": -0.8, "raster-brightness-max": isDark.matches ? 0.5 : 1 } }] : []),
      { id: "borders", type: "line", source: "towns", "source-layer": "municipalities", paint: { "line-color": grey.border, "line-dasharray": [3, 2] } },
      { id: "assets", type: "circle", source: "assets", "source-layer": "assets", minzoom: 12, paint: { "circle-radius": 4, "circle-color": grey.paper, "circle-stroke-color": grey.other, "circle-stroke-width": 1.5 } },
      { id: "stations", type: "circle", source: "stations", "source-layer": "stations", paint: { "circle-radius": 3, "circle-color": grey.other } },
      { id: "here", type: "circle", source: "here", paint: { "circle-radius": 9, "circle-color": grey.mark, "circle-stroke-color": grey.paper, "circle-stroke-width": 3 } },
    ],
  };
}

box.hidden = false;
try {
  const map = new maplibre.Map({ container: box, style: style(), center: [lon, lat], zoom: 15, maxZoom: 18, dragRotate: false, cooperativeGestures: false, scrollZoom: false, attributionControl: basemap ? undefined : false });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.getCanvas().setAttribute("aria-label", document.getElementById("place").textContent);
  isDark.addEventListener("change", () => map.setStyle(style(), { diff: false }));
} catch {
  box.hidden = true; // a machine that cannot draw still has the position and the link
}
