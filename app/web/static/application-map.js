// The small map of an application: its sites by what the pre-check (or their state) says, in step with the rows.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { page, say } from "./i18n.js";
import { makeStyle } from "./layers.js";
import { isDark } from "./symbols.js";

const place = document.getElementById("site-map");
const COLOURS = {
  light: { block: "#ce0000", warning: "#fff6dc", ok: "#ffffff", mine: "#fff6dc", others: "#0017c1", on_air: "#197a4b", refused: "#ce0000", ended: "#666666", draft: "#666666" },
  dark: { block: "#ff7171", warning: "#4a3a00", ok: "#22262a", mine: "#4a3a00", others: "#9db7f9", on_air: "#51b883", refused: "#ff7171", ended: "#999999", draft: "#999999" },
};
const EDGES = { light: { block: "#ffffff", warning: "#8a5a00", ok: "#197a4b", mine: "#8a5a00" }, dark: { block: "#1a1a1a", warning: "#ffd43d", ok: "#51b883", mine: "#ffd43d" } };
const GLYPHS = { block: "×", warning: "!", ok: "✓", mine: "!", refused: "×", on_air: "✓" };
const INK = { light: { block: "#ffffff", warning: "#8a5a00", ok: "#197a4b", mine: "#8a5a00", refused: "#ffffff", on_air: "#ffffff" }, dark: { block: "#1a1a1a", warning: "#ffd43d", ok: "#51b883", mine: "#ffd43d", refused: "#1a1a1a", on_air: "#1a1a1a" } };
const MATCHES = (colours, otherwise) => ["match", ["get", "level"], ...Object.entries(colours).flat(), otherwise];

maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);
let isStarted = false;
if (page.sites.length) start();
addEventListener("sites-renewed", () => !isStarted && sitesNow().length && start());

function sitesNow() {
  return JSON.parse(document.getElementById("page-data").textContent).sites;
}

function features(sites) {
  return {
    type: "FeatureCollection",
    features: sites.map(({ lon, lat, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } })),
  };
}

function boundsOf(sites) {
  const bounds = new maplibre.LngLatBounds();
  for (const { lon, lat } of sites) bounds.extend([lon, lat]);
  return bounds;
}

function style(sites, pointed) {
  const theme = isDark() ? "dark" : "light";
  const made = makeStyle({ filter: "", q: "", layers: ["municipalities"] });
  made.sources.sites = { type: "geojson", data: features(sites) };
  made.layers.push(
    { id: "site-pointed", type: "circle", source: "sites", filter: ["==", ["get", "code"], pointed], paint: { "circle-radius": 16, "circle-color": isDark() ? "#9db7f9" : "#0017c1", "circle-opacity": 0.35 } },
    { id: "sites", type: "circle", source: "sites", paint: { "circle-radius": 9, "circle-color": MATCHES(COLOURS[theme], "#666666"), "circle-stroke-width": 2, "circle-stroke-color": MATCHES(EDGES[theme], isDark() ? "#1a1a1a" : "#ffffff") } },
    { id: "site-glyphs", type: "symbol", source: "sites", layout: { "text-font": ["Noto Sans JP", "Noto Sans CJK JP", "sans-serif"], "text-size": 13, "text-field": MATCHES(GLYPHS, ""), "text-allow-overlap": true }, paint: { "text-color": MATCHES(INK[theme], "#ffffff") } },
  );
  return made;
}

function start() {
  let sites = sitesNow();
  place.hidden = false;
  isStarted = true;
  let map;
  try {
    map = new maplibre.Map({
      container: place, style: style(sites, ""), bounds: boundsOf(sites), fitBoundsOptions: { padding: 40, maxZoom: 15 }, maxZoom: 18, dragRotate: false,
      pitchWithRotate: false, attributionControl: { compact: true }, cooperativeGestures: false, scrollZoom: false, fadeDuration: 0,
      locale: { "Map.Title": say("apply.js.map"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"), "AttributionControl.ToggleAttribution": say("map.credits") },
    });
  } catch {
    place.hidden = true;
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  const point = (code) => map.getLayer("site-pointed") && map.setFilter("site-pointed", ["==", ["get", "code"], code]);
  addEventListener("sites-renewed", () => {
    const before = sites.map((site) => site.code).join();
    sites = sitesNow();
    map.getSource("sites")?.setData(features(sites));
    if (sites.length && before !== sites.map((site) => site.code).join()) map.fitBounds(boundsOf(sites), { padding: 40, maxZoom: 15, animate: false });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style(sites, ""), { diff: false }));
  for (const [name, take] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
    document.addEventListener(name, ({ target }) => target.closest?.(".site") && point(take ? target.closest(".site").dataset.code : ""));
  }
  map.on("mousemove", "sites", ({ features: [found] }) => ((map.getCanvas().style.cursor = "pointer"), show(found.properties.code)));
  map.on("mouseleave", "sites", () => ((map.getCanvas().style.cursor = ""), show("")));
  map.on("click", "sites", ({ features: [found] }) => {
    const row = document.getElementById(`site-${found.properties.code}`);
    row?.scrollIntoView({ block: "center" });
    (row?.querySelector("summary, a") ?? row)?.focus({ preventScroll: true });
  });
}

function show(code) {
  for (const row of document.querySelectorAll(".site")) row.classList.toggle("pointed", row.dataset.code === code);
}
