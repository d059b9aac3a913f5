// The coverage map: states of cells over a hatched ground, in step with the list and the evidence beside it.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { readJson, tilesUrl } from "./features.js";
import { page, say } from "./i18n.js";
import { makeStyle } from "./layers.js";
import { meshBox, meshCode } from "./mesh.js";
import { isDark } from "./symbols.js";

const WAIT_MS = 250;
const HALF_BELOW_ZOOM = 10; // cells of 500 m below, of 250 m from there on: a tile has no others
const COLOURS = { covered: "#2b6cb0", weak: "#f6c344", gap: "#c0392b" };
const DARK = { covered: "#63a0e2", weak: "#f6c344", gap: "#e0604f" };
const colours = () => (isDark() ? DARK : COLOURS);
const SERVED = ["match", ["get", "grade"], ["weak", "usable", "good"], true, false];
const NONE = { type: "FeatureCollection", features: [] };

maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

const place = document.getElementById("map");
const form = document.getElementById("choose");
const layersBox = document.getElementById("layers");
const address = () => new URLSearchParams(location.search);
let pointed = "";
let asking = new AbortController();
let timer = 0;

// --- what is shown: the form and the address ---------------------------------------------------------------------------

const value = (name) => form.elements[name]?.value ?? "";
const layersOn = () => [...layersBox.querySelectorAll("input:checked")].map((box) => box.value);
const chosenCell = () => address().get("cell") ?? "";
const text = (word) => `'${word.replaceAll("'", "''")}'`;

/** The conditions every product of one build shares, as CQL2. */
function conditions(extra = []) {
  const day = value("as_of");
  return [
    `technology = ${text(value("technology"))}`,
    `is_sample = ${page.is_sample}`,
    ...(value("profile") ? [`profile = ${text(value("profile"))}`] : []),
    ...(day ? [`as_of = DATE('${day}')`] : []),
    ...extra,
  ].join(" AND ");
}
const ofCarrier = () => `carrier = ${text(value("carrier"))}`;

/** Cells of the newest build, or of an earlier one. */
const collection = () => (page.latest.includes(`${value("profile")} ${value("as_of")}`) ? "coverage-cells" : "coverage-history");

function tiles() {
  // What is unknown is the hatched ground; a cell's code is told by its place.
  const cells = (level) => `${tilesUrl(collection(), { filter: conditions([ofCarrier(), `level = '${level}'`, "state <> 'unknown'"]) })}&properties=state,grade`;
  const roads = [`is_sample = ${page.is_sample}`, ...(value("carrier") === "all" ? [] : [ofCarrier()])].join(" AND ");
  return {
    "cells-half": cells("half"),
    "cells-quarter": cells("quarter"),
    gaps: tilesUrl("coverage-gaps", { filter: conditions([ofCarrier()]) }),
    roads: tilesUrl("survey-roads", { filter: roads }),
    reports: tilesUrl("resident-reports", { filter: `is_sample = ${page.is_sample}` }),
  };
}

// --- style -----------------------------------------------------------------------------------------------------------------

const shownAs = ["case", ["all", ["==", ["get", "state"], "gap"], SERVED], "weak", ["get", "state"]];
/** Uncertain cells have the hue of what they lean to; half meshes lean nowhere. */
const leaning = () => ["match", ["get", "grade"], ["usable", "good"], colours().covered, "none", colours().gap, "weak", colours().weak, "#8b929c"];
const hue = () => ["match", shownAs, "covered", colours().covered, "weak", colours().weak, "gap", colours().gap, leaning()];
const UNCERTAIN = ["==", ["get", "state"], "uncertain"];
const ids = (name) => [`${name}-half`, `${name}-quarter`];

function style() {
  const made = makeStyle({ filter: "", q: "", layers: ["municipalities"] });
  const address = tiles();
  for (const [name, url] of Object.entries(address)) {
    const zooms = { "cells-half": [0, HALF_BELOW_ZOOM - 1], "cells-quarter": [HALF_BELOW_ZOOM, 14] }[name] ?? [0, 14];
    made.sources[name] = { type: "vector", tiles: [url], minzoom: zooms[0], maxzoom: zooms[1] };
  }
  made.sources.claims = { type: "geojson", data: NONE };
  made.sources.marks = { type: "geojson", data: marks() };
  const at = made.layers.findIndex((layer) => layer.id === "basemap" || layer.id === "population");
  // The hatch lies under the base map, which lets it through; cells that are known cover it.
  made.layers.splice(at, 0, hatch(), ...both("cell-ground", (base) => ({ ...base, type: "fill", paint: { "fill-color": isDark() ? "#22262a" : "#f7f7f5" } })));
  const basemap = made.layers.find((layer) => layer.id === "basemap");
  if (basemap) basemap.paint["raster-opacity"] = 0.5;
  const names = made.layers.findIndex((layer) => layer.id === "town-lines");
  made.layers.splice(names, 0, ...cellLayers());
  made.layers.push(...overLayers());
  return made;
}

const hatch = () => ({ id: "hatch", type: "fill", source: "municipalities", "source-layer": "municipalities", paint: { "fill-pattern": "hatch" } });

function both(name, make) {
  return [
    make({ id: `${name}-half`, source: "cells-half", "source-layer": collection(), maxzoom: HALF_BELOW_ZOOM }),
    make({ id: `${name}-quarter`, source: "cells-quarter", "source-layer": collection(), minzoom: HALF_BELOW_ZOOM }),
  ];
}

function cellLayers() {
  const opacity = ["match", shownAs, "covered", isDark() ? 0.35 : 0.25, "uncertain", 0.4, 0.7];
  const edge = { "line-color": hue(), "line-width": 0.6, "line-opacity": 0.6 };
  return [
    ...both("cells", (base) => ({ ...base, type: "fill", paint: { "fill-color": hue(), "fill-opacity": opacity, "fill-antialias": false } })),
    ...both("cell-dots", (base) => ({ ...base, type: "fill", filter: UNCERTAIN, paint: { "fill-pattern": "dots" } })),
    ...both("cell-edges", (base) => ({ ...base, type: "line", paint: edge })),
  ];
}

/** Gaps of some carriers alone, or only suspected: dashed, for a cell in them may be covered. */
const IN_PART = ["in", ["get", "kind"], ["literal", ["some", "suspected"]]];

function overLayers() {
  const gapInk = ["match", ["get", "kind"], "weak", "#8a5a00", isDark() ? "#ff9d8f" : "#8e1f14"];
  const ink = isDark() ? "#f2f2f2" : "#1a1a1a";
  const served = ["match", ["get", "technology"], "none", colours().gap, "3g", colours().weak, colours().covered];
  return [
    { id: "claims", type: "line", source: "claims", paint: { "line-color": ink, "line-width": 2, "line-dasharray": [3, 2] } },
    { id: "roads", type: "line", source: "roads", "source-layer": "survey-roads", paint: { "line-color": served, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1.2, 15, 4] } },
    { id: "gaps-halo", type: "line", source: "gaps", "source-layer": "coverage-gaps", filter: ["!", IN_PART], paint: { "line-color": isDark() ? "#1a1a1a" : "#ffffff", "line-width": 4, "line-opacity": 0.8 } },
    { id: "gaps", type: "line", source: "gaps", "source-layer": "coverage-gaps", filter: ["!", IN_PART], paint: { "line-color": gapInk, "line-width": 2 } },
    { id: "gaps-in-part", type: "line", source: "gaps", "source-layer": "coverage-gaps", filter: IN_PART, paint: { "line-color": gapInk, "line-width": 1.5, "line-dasharray": [2, 2] } },
    { id: "reports", type: "circle", source: "reports", "source-layer": "resident-reports", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 2, 12, 6], "circle-color": "#8843e1", "circle-stroke-color": "#ffffff", "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 12, 2] } },
    { id: "marks", type: "line", source: "marks", paint: { "line-color": ink, "line-width": ["match", ["get", "mark"], "chosen", 4, 2] } },
  ];
}

/** Outlines of the cell pointed at in the list and of the one that is chosen. */
function marks() {
  const outline = ([mark, code]) => {
    const [west, south, east, north] = meshBox(code);
    return { type: "Feature", properties: { mark }, geometry: { type: "LineString", coordinates: [[west, south], [east, south], [east, north], [west, north], [west, south]] } };
  };
  return { type: "FeatureCollection", features: Object.entries({ pointed, chosen: chosenCell() }).filter(([, code]) => code).map(outline) };
}

const LAYERS_OF = {
  cells: [...ids("cells"), ...ids("cell-dots"), ...ids("cell-edges")],
  gaps: ["gaps-halo", "gaps", "gaps-in-part"],
  roads: ["roads"],
  reports: ["reports"],
  claims: ["claims"],
};

/** The pictures of patterns: a hatch for what is unknown, dots for what is uncertain. */
function pattern(id) {
  const size = 16;
  const canvas = new OffscreenCanvas(size, size);
  const brush = canvas.getContext("2d");
  if (id === "hatch") {
    brush.strokeStyle = isDark() ? "#8b929c" : "#6b7280";
    brush.lineWidth = 1.6;
    for (const shift of [-size, 0, size]) {
      brush.beginPath();
      brush.moveTo(shift - 1, size + 1);
      brush.lineTo(shift + size + 1, -1);
      brush.stroke();
    }
  } else {
    brush.fillStyle = isDark() ? "#f2f2f2" : "#1a1a1a";
    for (const [x, y] of [[4, 4], [12, 12]]) {
      brush.beginPath();
      brush.arc(x, y, 1.6, 0, 2 * Math.PI);
      brush.fill();
    }
  }
  return brush.getImageData(0, 0, size, size);
}

// --- the map ---------------------------------------------------------------------------------------------------------------

function start() {
  let map;
  try {
    map = new maplibre.Map({
      container: place, style: style(), bounds: page.view, fitBoundsOptions: { padding: 0 }, maxZoom: 18, minZoom: 6, dragRotate: false,
      pitchWithRotate: false, attributionControl: { compact: true }, fadeDuration: 0,
      locale: { "Map.Title": say("coverage.js.map"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"), "AttributionControl.ToggleAttribution": say("map.credits") },
    });
  } catch {
    place.parentElement.hidden = true;
    return null;
  }
  // On a narrow screen the first view would be too far away for quarter meshes: its middle alone, then.
  if (!address().has("bbox") && !address().has("town") && map.getZoom() < HALF_BELOW_ZOOM) map.setZoom(HALF_BELOW_ZOOM);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 96 }), "bottom-right");
  map.setMissingStyleImageResolver((id) => {
    if (["hatch", "dots"].includes(id) && !map.hasImage(id)) map.addImage(id, pattern(id), { pixelRatio: 2 });
  });
  map.on("load", () => {
    showLayers(map);
    // What is counted is what is in view, in the mesh that is drawn.
    if (!address().has("bbox") || levelOf(map) !== (address().get("level") ?? "quarter")) moved(map);
  });
  map.on("moveend", (event) => {
    if (event.originalEvent) forgetTown();
    if (event.originalEvent || event.isOurs || map.loaded()) moved(map);
  });
  map.on("click", ({ point, lngLat }) => chooseAt(map, point, lngLat));
  for (const id of ["hatch", ...ids("cells")]) {
    map.on("mousemove", id, () => (map.getCanvas().style.cursor = layersOn().includes("cells") ? "pointer" : ""));
    map.on("mouseleave", id, () => (map.getCanvas().style.cursor = ""));
  }
  map.getCanvas().setAttribute("aria-describedby", "map-keys");
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    if (key === "Enter") chooseAt(map, map.project(map.getCenter()), map.getCenter());
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    map.setStyle(style(), { diff: false });
    map.once("style.load", () => showLayers(map));
  });
  return map;
}

function showLayers(map) {
  const on = layersOn();
  for (const [name, layers] of Object.entries(LAYERS_OF)) {
    for (const id of layers) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", on.includes(name) ? "visible" : "none");
  }
  if (on.includes("claims")) readClaims(map);
}

async function readClaims(map) {
  const query = new URLSearchParams({ carrier: value("carrier"), technology: value("technology") });
  const found = await readJson(`/coverage/claims.json?${query}`).catch(() => NONE);
  map.getSource("claims")?.setData(found);
}

const showMarks = (map) => map?.getSource("marks")?.setData(marks());

/** The mesh that is drawn at this zoom. */
const levelOf = (map) => (map.getZoom() < HALF_BELOW_ZOOM ? "half" : "quarter");

/** Choose the cell of a place, surveyed or not; the sea has none. */
function chooseAt(map, point, { lng, lat }) {
  const grounds = ["hatch", ...ids("cells")].filter((id) => map.getLayer(id));
  if (!layersOn().includes("cells") || !map.queryRenderedFeatures(point, { layers: grounds }).length) return;
  const code = meshCode(lng, lat, levelOf(map));
  if (code) choose(map, code, false);
}

// --- in step with the list ---------------------------------------------------------------------------------------------------

function write(changes) {
  const query = address();
  for (const [name, given] of Object.entries(changes)) given ? query.set(name, given) : query.delete(name);
  history.replaceState(null, "", `${location.pathname}?${query}`.replaceAll("%2C", ","));
}

function moved(map) {
  const box = map.getBounds();
  write({
    bbox: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((side) => side.toFixed(5)).join(","),
    level: levelOf(map) === "half" ? "half" : "",
  });
  clearTimeout(timer);
  timer = setTimeout(() => renew(), WAIT_MS);
}

/** Read list and evidence of the present address anew. */
async function renew(focus = "") {
  asking.abort();
  asking = new AbortController();
  const query = address();
  query.set("part", "1");
  const live = document.getElementById("live");
  live.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/coverage?${query}`, { signal: asking.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    const held = document.activeElement?.dataset?.cell;
    live.replaceWith(read);
    if (focus || held) (focus ? read.querySelector(focus) : read.querySelector(`[data-cell="${held}"]`))?.focus();
    note("");
  } catch (error) {
    if (error.name === "AbortError") return;
    live.removeAttribute("aria-busy");
    note(say("coverage.js.offline"));
  }
}

function note(words) {
  const box = document.getElementById("map-note");
  box.textContent = words;
  box.hidden = !words;
}

function choose(map, code, moveThere) {
  write({ cell: code });
  showMarks(map);
  if (code) document.getElementById("side").scrollTop = 0;
  renew(code ? "#evidence" : "");
  if (moveThere && map) reveal(map, code);
}

/** Bring a cell into view. */
function reveal(map, code) {
  if (!code) return;
  const [west, south, east, north] = meshBox(code);
  const centre = [(west + east) / 2, (south + north) / 2];
  if (!map.getBounds().contains(centre)) map.jumpTo({ center: centre }, { isOurs: true });
}

// --- a municipality ----------------------------------------------------------------------------------------------------------

/** Whoever moves on has left the municipality that was chosen. */
function forgetTown() {
  if (!value("town")) return;
  form.elements.town.value = "";
  write({ town: "" });
}

/** Go to a municipality: where it lies the server knows. */
async function goTo(map, town) {
  write({ town, bbox: town ? "" : address().get("bbox") });
  if (!town) return;
  await renew();
  const box = document.getElementById("live").dataset.box?.split(",").map(Number);
  if (box && map) map.fitBounds(box, { padding: 24, animate: false }, { isOurs: true });
}

const map = start();
layersBox.hidden = !map;
const slider = document.getElementById("slider");
if (slider) followSlider();

function followSlider() {
  const [day, words, select] = [document.getElementById("day"), document.getElementById("day-words"), form.elements.as_of];
  const show = () => (words.textContent = select.options[day.value].text);
  slider.hidden = false;
  day.value = select.selectedIndex;
  show();
  day.addEventListener("input", show);
  day.addEventListener("change", (event) => {
    event.stopPropagation();
    select.selectedIndex = day.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  select.addEventListener("change", () => ((day.value = select.selectedIndex), show()));
}

form.addEventListener("change", ({ target }) => {
  if (layersBox.contains(target)) {
    write({ layers: layersOn().join() || "none" });
    return map && showLayers(map);
  }
  if (target.name === "town") return goTo(map, value("town"));
  if (!["carrier", "as_of"].includes(target.name)) {
    write({ technology: value("technology"), profile: target.name === "profile" ? value("profile") : "", as_of: "" });
    return location.reload();
  }
  write({ carrier: value("carrier"), as_of: value("as_of"), profile: value("profile") });
  if (map) {
    map.setStyle(style()); // only what differs is loaded anew
    map.once("styledata", () => showLayers(map));
  }
  renew();
});
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const row = event.target.closest("a[data-cell]");
  const close = event.target.closest("a[data-close]");
  if (!row && !close) return;
  event.preventDefault();
  choose(map, row?.dataset.cell ?? "", true);
});
for (const [name, isOn] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
  document.addEventListener(name, ({ target }) => {
    const row = target.closest?.("a[data-cell]");
    if (!row) return;
    pointed = isOn ? row.dataset.cell : "";
    showMarks(map);
  });
}
addEventListener("keydown", (event) => event.key === "Escape" && chosenCell() && choose(map, "", false));
