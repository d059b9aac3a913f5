// The map itself: drawing, moving, pointing. It tells what happened and is told what to show.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { tilesUrl } from "./features.js";
import { page, say } from "./i18n.js";
import { LAYERS_OF, makeStyle } from "./layers.js";
import { assetSteps, ringImage, stationSteps, symbolImage, wifiSteps } from "./symbols.js";

const MAINLAND = [138.94, 35.49, 139.93, 35.91]; // first view: the wards and Tama
const BASEMAP_PATIENCE = 6; // tiles that may fail, with none drawn, before the municipalities take over as the ground
const COLLECTION_OF_LAYER = { assets: "assets", "asset-areas": "assets", stations: "stations", wifi: "wifi-access-points" };
const ID_OF_COLLECTION = { assets: "asset_id", stations: "station_id", "wifi-access-points": "access_point_id" };
const FINGER_PX = 5;

maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

const LOCALE = {
  "NavigationControl.ZoomIn": say("map.zoom_in"),
  "NavigationControl.ZoomOut": say("map.zoom_out"),
  "GeolocateControl.FindMyLocation": say("map.locate"),
  "GeolocateControl.LocationNotAvailable": say("map.locate_failed"),
  "AttributionControl.ToggleAttribution": say("map.credits"),
  "Map.Title": say("map.label"),
};

/**
 * Draw the map into `container` with a state {filter, q, layers, view, bbox}.
 * `on` holds moved(), chosen({collection, id}), pointed({collection, id} | null), sampled(bool), broken(bool).
 * Throws where the machine cannot draw.
 */
export function createMap(container, state, on) {
  const map = new maplibre.Map({
    container,
    style: makeStyle(state),
    ...start(state),
    maxZoom: 19,
    minZoom: 4,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    locale: LOCALE,
    fadeDuration: reducedMotion() ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  addControls(map);
  let query = state;
  map.setMissingStyleImageResolver((id) => makeImage(map, id));
  map.on("moveend", () => on.moved());
  map.on("idle", () => on.sampled(showsSample(map)));
  watchPointer(map, on);
  watchTiles(map, on);
  const marks = { pointed: null, chosen: null };
  const showMarks = () => whenStyled(map, () => map.getSource("marks").setData(markFeatures(marks)));
  let pin = null;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    map.setStyle(makeStyle(query), { diff: false });
    map.once("style.load", showMarks);
  });
  return {
    view: () => ({ zoom: map.getZoom(), lat: map.getCenter().lat, lon: map.getCenter().lng }),
    box: () => boxOfView(map),
    query(next) {
      query = { ...query, ...next };
      setTiles(map, query);
    },
    layers(names) {
      query = { ...query, layers: names };
      whenStyled(map, () => showLayers(map, names));
    },
    mark(role, position) {
      marks[role] = position;
      showMarks();
    },
    pin(position) {
      pin?.remove();
      pin = position ? makePin(position).addTo(map) : null;
    },
    goTo: ({ lat, lon, zoom }) => move(map, "flyTo", { center: [lon, lat], zoom: zoom ?? Math.max(map.getZoom(), 16) }),
    jump: ({ lat, lon, zoom }) => map.jumpTo({ center: [lon, lat], zoom }),
    fit: (bbox) => map.fitBounds(bbox, { padding: 48, maxZoom: 16, animate: !reducedMotion() }),
    reveal: (position) => reveal(map, position),
    /** Rings round every chosen asset; positions are {lon, lat}. */
    selected(positions) {
      marks.selected = positions;
      showMarks();
    },
    /** Where a point of the container (px from its top left) lies: [lon, lat]. */
    lonLatAt: (x, y) => map.unproject([x, y]).toArray(),
    retry: () => setTiles(map, query),
    picture: () => (map.redraw(), map.getCanvas().toDataURL("image/png")),
  };
}

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const move = (map, how, options) => (reducedMotion() ? map.jumpTo(options) : map[how](options));

function start({ view, bbox }) {
  if (view) return { center: [view.lon, view.lat], zoom: view.zoom };
  return { bounds: bbox ?? MAINLAND, fitBoundsOptions: { padding: 8 } };
}

function addControls(map) {
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
  map.addControl(new maplibre.AttributionControl({ compact: true }), "bottom-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 96 }), "bottom-right");
}

/** [west, south, east, north] of what is in view, inside the world. */
function boxOfView(map) {
  const box = map.getBounds();
  const lon = (value) => Math.min(180, Math.max(-180, value));
  return [lon(box.getWest()), Math.max(-85, box.getSouth()), lon(box.getEast()), Math.min(85, box.getNorth())];
}

function whenStyled(map, work) {
  if (map.getSource("marks")) work();
  else map.once("styledata", () => whenStyled(map, work));
}

function setTiles(map, query) {
  whenStyled(map, () => map.getSource("assets").setTiles([tilesUrl("assets", query)]));
}

function showLayers(map, names) {
  for (const [name, ids] of Object.entries(LAYERS_OF)) {
    for (const id of ids) map.setLayoutProperty(id, "visibility", names.includes(name) ? "visible" : "none");
  }
}

function makeImage(map, id) {
  const ratio = Math.min(3, Math.max(2, devicePixelRatio));
  const [family, ...rest] = id.split("/");
  const images = {
    asset: ([shape, owner, mark]) => symbolImage(assetSteps(shape, owner, mark === "s"), ratio),
    ring: ([diameter, ...shares]) => ringImage(Number(diameter), shares.map(Number), ratio),
    station: () => symbolImage(stationSteps(), ratio),
    wifi: ([kind]) => symbolImage(wifiSteps(kind === "open"), ratio),
  };
  if (images[family] && !map.hasImage(id)) map.addImage(id, images[family](rest), { pixelRatio: ratio });
}

function markFeatures(marks) {
  const placed = Object.entries(marks).flatMap(([role, at]) => [at ?? []].flat().map((position) => [role, position]));
  const features = placed.map(([role, { lon, lat }]) => ({
    type: "Feature",
    properties: { role },
    geometry: { type: "Point", coordinates: [lon, lat] },
  }));
  return { type: "FeatureCollection", features };
}

function makePin({ lat, lon }) {
  const pin = new maplibre.Marker({ color: "#0017c1" }).setLngLat([lon, lat]);
  pin.getElement().setAttribute("role", "img");
  pin.getElement().setAttribute("aria-label", say("map.pin", { lat: lat.toFixed(5), lon: lon.toFixed(5) }));
  pin.getElement().removeAttribute("tabindex");
  return pin;
}

/** Bring a position into view without moving more than needed. */
function reveal(map, { lon, lat }) {
  const canvas = map.getCanvas();
  const { x, y } = map.project([lon, lat]);
  const margin = 60;
  const inside = x > margin && y > margin && x < canvas.clientWidth - margin && y < canvas.clientHeight - margin;
  if (!inside) move(map, "easeTo", { center: [lon, lat] });
}

function watchPointer(map, on) {
  const ids = Object.keys(COLLECTION_OF_LAYER);
  map.on("click", ({ point }) => {
    const found = featureAt(map, point, [...ids, "clusters"]);
    if (found?.layer.id === "clusters") zoomIn(map, found);
    else if (found) on.chosen(nameOf(found));
  });
  let last = "";
  map.on("mousemove", ({ point }) => {
    const found = featureAt(map, point, [...ids, "clusters"], 1);
    map.getCanvas().style.cursor = found ? "pointer" : "";
    const named = found && found.layer.id !== "clusters" ? nameOf(found) : null;
    if (last !== (last = named?.id ?? "")) on.pointed(named);
  });
}

function featureAt(map, { x, y }, layers, reach = FINGER_PX) {
  const box = [[x - reach, y - reach], [x + reach, y + reach]];
  return map.queryRenderedFeatures(box, { layers: layers.filter((id) => map.getLayer(id)) })[0];
}

function nameOf(feature) {
  const collection = COLLECTION_OF_LAYER[feature.layer.id];
  return { collection, id: String(feature.properties[ID_OF_COLLECTION[collection]] ?? feature.id) };
}

const zoomIn = (map, cluster) => move(map, "easeTo", { center: cluster.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 15) });

function showsSample(map) {
  const layers = ["assets", "stations", "wifi"].filter((id) => map.getLayer(id));
  return map.queryRenderedFeatures({ layers }).some((feature) => feature.properties.is_sample);
}

/** Tell when our own tiles fail; when the base map's do, let the municipalities be the ground without a word. */
function watchTiles(map, on) {
  let drawn = 0;
  let failed = 0;
  const ground = (isBasemap) => {
    if (!map.getLayer("basemap")) return;
    map.setLayoutProperty("basemap", "visibility", isBasemap ? "visible" : "none");
    map.setLayoutProperty("town-names", "visibility", isBasemap && drawn ? "none" : "visible");
  };
  map.on("error", ({ sourceId }) => {
    if (sourceId && sourceId !== "basemap") on.broken(true);
    if (sourceId === "basemap" && (failed += 1) >= BASEMAP_PATIENCE && !drawn) ground(false);
  });
  map.on("sourcedata", ({ sourceId, tile, isSourceLoaded }) => {
    if (sourceId === "assets" && isSourceLoaded) on.broken(false);
    if (sourceId === "basemap" && tile?.state === "loaded" && (drawn += 1) === 1) ground(true);
  });
  map.on("styledata", () => page.basemap && drawn && map.getLayer("town-names") && ground(true));
  addEventListener("online", () => ((failed = 0), ground(true)));
}
