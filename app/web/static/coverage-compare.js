// The map of a comparison: cells that changed, filled by what they are now, outlined where they became worse.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { page, say } from "./i18n.js";
import { makeStyle } from "./layers.js";
import { isDark } from "./symbols.js";

const COLOURS = { covered: "#2b6cb0", weak: "#f6c344", gap: "#c0392b" };
const place = document.getElementById("map");
maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

function ring([west, south, east, north]) {
  return [[[west, south], [east, south], [east, north], [west, north], [west, south]]];
}

function style() {
  const made = makeStyle({ filter: "", q: "", layers: ["municipalities"] });
  const features = page.cells.map(({ box, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: ring(box) } }));
  made.sources.changed = { type: "geojson", data: { type: "FeatureCollection", features } };
  const colour = ["match", ["get", "after"], ...Object.entries(COLOURS).flat(), "#8b929c"];
  const ink = isDark() ? "#ffffff" : "#1a1a1a";
  made.layers.push(
    { id: "changed", type: "fill", source: "changed", paint: { "fill-color": colour, "fill-opacity": 0.6 } },
    { id: "edges", type: "line", source: "changed", paint: { "line-color": ink, "line-width": ["case", ["get", "worse"], 2.5, 0.5] } },
  );
  return made;
}

function start() {
  place.hidden = false;
  const bounds = new maplibre.LngLatBounds();
  for (const { box } of page.cells) bounds.extend([box[0], box[1]]).extend([box[2], box[3]]);
  let map;
  try {
    map = new maplibre.Map({
      container: place, style: style(), bounds, fitBoundsOptions: { padding: 24, maxZoom: 14 }, maxZoom: 18, dragRotate: false, pitchWithRotate: false,
      attributionControl: { compact: true }, scrollZoom: false, fadeDuration: 0,
      locale: { "Map.Title": say("coverage.js.map"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"), "AttributionControl.ToggleAttribution": say("map.credits") },
    });
  } catch {
    place.hidden = true;
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style(), { diff: false }));
}
start();
