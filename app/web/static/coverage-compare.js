// The map of a comparison: cells filled by what they are now, outlined where they became worse or better.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { page, say } from "./i18n.js";
import { makeStyle } from "./layers.js";
import { isDark } from "./symbols.js";

const COLOURS = { covered: "#2b6cb0", weak: "#f6c344", gap: "#c0392b", uncertain: "#c0392b" };
const PATTERNS = { uncertain: "dots", unknown: "hatch", absent: "hatch" };
const place = document.getElementById("map");
const told = document.getElementById("pointed");
maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

function ring([west, south, east, north]) {
  return [[[west, south], [east, south], [east, north], [west, north], [west, south]]];
}

function style() {
  const made = makeStyle({ filter: "", q: "", layers: ["municipalities"] });
  const features = page.cells.map(({ box, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: ring(box) } }));
  made.sources.cells = { type: "geojson", data: { type: "FeatureCollection", features } };
  const after = ["get", "after"];
  const known = ["in", after, ["literal", Object.keys(COLOURS)]];
  const ink = isDark() ? "#ffffff" : "#1a1a1a";
  const opacity = ["match", after, "covered", isDark() ? 0.35 : 0.25, "uncertain", 0.4, 0.7];
  const edge = (direction, paint) => ({ id: direction, type: "line", source: "cells", filter: ["==", ["get", "direction"], direction], paint: { "line-color": ink, "line-width": 3, ...paint } });
  made.layers.push(
    { id: "cells", type: "fill", source: "cells", filter: known, paint: { "fill-color": ["match", after, ...Object.entries(COLOURS).flat(), "#8b929c"], "fill-opacity": opacity } },
    ...Object.entries(PATTERNS).map(([state, pattern]) => ({ id: `pattern-${state}`, type: "fill", source: "cells", filter: ["==", after, state], paint: { "fill-pattern": pattern } })),
    { id: "edges", type: "line", source: "cells", paint: { "line-color": ink, "line-width": 0.5, "line-opacity": 0.6 } },
    edge("worse", {}),
    edge("better", { "line-dasharray": [2, 1.5] }),
  );
  return made;
}

/** The pictures of patterns: a hatch for what is unknown, dots for what is uncertain. */
function pattern(id) {
  const size = 16;
  const brush = new OffscreenCanvas(size, size).getContext("2d");
  brush.strokeStyle = isDark() ? "#8b929c" : "#6b7280";
  brush.fillStyle = isDark() ? "#f2f2f2" : "#1a1a1a";
  brush.lineWidth = 1.6;
  for (const shift of id === "hatch" ? [-size, 0, size] : []) {
    brush.beginPath();
    brush.moveTo(shift - 1, size + 1);
    brush.lineTo(shift + size + 1, -1);
    brush.stroke();
  }
  for (const [x, y] of id === "dots" ? [[4, 4], [12, 12]] : []) {
    brush.beginPath();
    brush.arc(x, y, 1.6, 0, 2 * Math.PI);
    brush.fill();
  }
  return brush.getImageData(0, 0, size, size);
}

const shown = (state) => say(`coverage.shown.${state}`);

function tell({ code, before, after, direction, change }) {
  const level = typeof change === "number" ? ` ${change > 0 ? "+" : ""}${change.toFixed(1)} dB`.replace("-", "−") : "";
  told.textContent = say("coverage.js.pair", { code, before: shown(before), after: shown(after), direction: say(`coverage.compare.direction.${direction}`), change: level });
  told.hidden = false;
}

function start() {
  place.hidden = false;
  const bounds = new maplibre.LngLatBounds();
  for (const { box } of page.cells) bounds.extend([box[0], box[1]]).extend([box[2], box[3]]);
  let map;
  try {
    map = new maplibre.Map({
      container: place, style: style(), bounds, fitBoundsOptions: { padding: 24, maxZoom: 14 }, maxZoom: 18, dragRotate: false, pitchWithRotate: false,
      attributionControl: { compact: true }, cooperativeGestures: false, scrollZoom: false, fadeDuration: 0,
      locale: { "Map.Title": say("coverage.js.map"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"), "AttributionControl.ToggleAttribution": say("map.credits") },
    });
  } catch {
    place.hidden = true;
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 96 }), "bottom-right");
  map.setMissingStyleImageResolver((id) => {
    if (["hatch", "dots"].includes(id) && !map.hasImage(id)) map.addImage(id, pattern(id), { pixelRatio: 2 });
  });
  map.on("click", ({ point }) => {
    const found = map.queryRenderedFeatures(point, { layers: ["cells", ...Object.keys(PATTERNS).map((state) => `pattern-${state}`)] })[0];
    if (found) tell(found.properties);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style(), { diff: false }));
}
start();
