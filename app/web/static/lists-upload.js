// Dropping a file: it is sent at once, with how many bytes have gone; what goes wrong is said at the place of the drop.
import { number, say, size, tell } from "./lists-words.js";

let sending = null; // the request on its way

/** Let files be dropped on the page's drop zones, or chosen and sent by their button. */
export function enableDrops() {
  document.addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault(); // a file dropped beside the zone must not replace the page
    mark(zoneAt(event));
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(null));
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    mark(null);
    const zone = zoneAt(event);
    if (zone) dropped(zone, [...event.dataTransfer.files]);
  });
  document.addEventListener("submit", (event) => {
    const zone = event.target.closest("form.drop");
    if (!zone || event.defaultPrevented) return;
    event.preventDefault();
    const [file] = zone.elements.file.files;
    if (file) send(zone, file);
  });
  document.addEventListener("click", ({ target }) => target.closest("[data-stop]") && sending?.abort());
  // Going away stops the sending: the browser asks first.
  addEventListener("beforeunload", (event) => sending && event.preventDefault());
}

const carriesFile = (event) => event.dataTransfer?.types.includes("Files");

/** The zone under the pointer, or the page's only one. */
function zoneAt(event) {
  const zones = [...document.querySelectorAll("form.drop")].filter((zone) => zone.checkVisibility());
  return event.target.closest?.("form.drop") ?? (zones.length === 1 ? zones[0] : null);
}

function mark(zone) {
  for (const other of document.querySelectorAll("form.drop")) other.classList.toggle("over", other === zone);
}

function dropped(zone, files) {
  if (files.length !== 1) fail(zone, say("lists.js.one"));
  else send(zone, files[0]);
}

function send(zone, file) {
  if (sending) return;
  const content = new FormData();
  const recipe = zone.elements.recipe?.value;
  if (recipe) content.append("settings", JSON.stringify({ recipe }));
  content.append("file", file);
  const request = (sending = new XMLHttpRequest());
  request.open("POST", `${zone.dataset.upload}?lang=${document.documentElement.lang}`);
  request.setRequestHeader("X-CSRF-Token", zone.elements.csrf.value);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => show(zone, loaded, total));
  request.addEventListener("load", () => answered(zone, request));
  request.addEventListener("error", () => fail(zone, say("lists.js.failed")));
  request.addEventListener("abort", () => fail(zone, say("lists.js.stopped")));
  zone.querySelector("[data-problem]").hidden = true;
  show(zone, 0, file.size);
  tell(zone.querySelector("[data-words]").textContent);
  request.send(content);
}

function show(zone, done, total) {
  const percent = total ? Math.floor((100 * done) / total) : 0;
  zone.classList.add("busy");
  zone.querySelector(".drop-sending").hidden = false;
  zone.querySelector("progress").value = percent;
  const words = done < total ? say("lists.js.sending", { done: size(done), total: size(total), percent: number(percent) }) : say("lists.js.sent");
  zone.querySelector("[data-words]").textContent = words;
}

function answered(zone, request) {
  sending = null;
  if (request.status === 202) {
    tell(say("lists.js.sent"));
    location.assign(`${zone.dataset.page}/${request.response.import_id ?? request.response.file_id}`);
  } else if (request.status === 401 || request.status === 403) {
    fail(zone, say("lists.js.lapsed"), `/sign-in?next=${encodeURIComponent(location.pathname)}`);
  } else {
    fail(zone, request.response?.detail ?? say("lists.js.failed"));
  }
}

function fail(zone, words, wayOn) {
  sending = null;
  zone.classList.remove("busy");
  zone.querySelector(".drop-sending").hidden = true;
  const problem = zone.querySelector("[data-problem]");
  problem.textContent = words;
  if (wayOn) {
    const link = document.createElement("a");
    link.href = wayOn;
    link.textContent = wayOn.startsWith("/sign-in") ? say("lists.js.sign_in") : wayOn;
    problem.append(" ", link);
  }
  problem.hidden = false;
  problem.focus();
}
