// The residents' form: a pin on the map or the present position fills in latitude and longitude.
import * as maplibre from "./vendor/maplibre-gl.mjs";
import { say } from "./i18n.js";
import { makeStyle } from "./layers.js";

const TOKYO_WEST = [138.94, 35.49, 139.93, 35.91];
const DECIMALS = 3; // about 100 m: nothing closer leaves the phone
const form = document.getElementById("trouble");
const place = document.getElementById("map");
const { lat, lon } = form.elements;

maplibre.setWorkerUrl(new URL("./vendor/maplibre-gl-worker.mjs", import.meta.url).href);

function start() {
  place.hidden = false;
  let map;
  try {
    map = new maplibre.Map({
      container: place, style: makeStyle({ filter: "", q: "", layers: ["municipalities"] }), bounds: TOKYO_WEST, dragRotate: false, maxZoom: 18,
      pitchWithRotate: false, attributionControl: { compact: true }, cooperativeGestures: false, fadeDuration: 0,
      locale: { "Map.Title": say("coverage.js.map"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"), "AttributionControl.ToggleAttribution": say("map.credits") },
    });
  } catch {
    place.hidden = true;
    return null;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.on("click", ({ lngLat }) => put(map, lngLat.lat, lngLat.lng));
  return map;
}

/** Both, as a map application copies them, pasted into the first. */
function split() {
  const both = lat.value.normalize("NFKC").split(/[,、]\s*/);
  if (both.length === 2 && both[1].trim()) [lat.value, lon.value] = both.map((part) => part.trim());
}

let pin = null;
function put(map, latitude, longitude) {
  lat.value = latitude.toFixed(DECIMALS);
  lon.value = longitude.toFixed(DECIMALS);
  show(map);
}

function show(map) {
  pin?.remove();
  const [y, x] = [Number(lat.value), Number(lon.value)];
  if (!map || !lat.value || !lon.value || !(Math.abs(y) <= 85 && Math.abs(x) <= 180)) return;
  pin = new maplibre.Marker({ color: "#8843e1" }).setLngLat([x, y]).addTo(map);
  pin.getElement().setAttribute("role", "img");
  pin.getElement().setAttribute("aria-label", say("coverage.js.pin", { lat: lat.value, lon: lon.value }));
  pin.getElement().removeAttribute("tabindex");
  if (!map.getBounds().contains([x, y])) map.jumpTo({ center: [x, y], zoom: 14 });
}

const map = start();
show(map);
for (const field of [lat, lon]) {
  field.addEventListener("change", () => {
    split();
    show(map);
  });
}
document.getElementById("locate").hidden = !map && !navigator.geolocation;
document.getElementById("here").hidden = !navigator.geolocation;
if (navigator.geolocation) {
  const told = document.getElementById("told");
  document.getElementById("here").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put(map, coords.latitude, coords.longitude);
        map?.jumpTo({ center: [coords.longitude, coords.latitude], zoom: 14 });
        told.textContent = say("coverage.js.located");
      },
      () => (told.textContent = say("coverage.js.not_located")),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  });
}
document.getElementById("problem")?.focus();
