// The page: one state, told by the address, shown by map, list, sentence and card.
import { SORTS, readAddress, writeAddress } from "./address.js";
import { createDetail } from "./detail.js";
import { itemsUrl, latestOnly, PAGE_SIZE, readItems } from "./features.js";
import { CHOICES, filterText, parseFilter } from "./filter.js";
import { createForm, showSentence } from "./form.js";
import { count, element, language, page, say } from "./i18n.js";
import { watchKeys } from "./keys.js";
import { createLegend } from "./legend.js";
import { createList } from "./list.js";
import { createMap } from "./map.js";
import { enableDrawing } from "./selection-draw.js";
import { createChoosing, MOST } from "./selection-tray.js";
import { boxOf, parsePosition, pointOf, splitMunicipalities } from "./place.js";

const $ = (id) => document.getElementById(id);
const MOVED_MS = 250; // the list follows the map when it has rested this long
const LEGEND_KEPT = "legend";
const FIT_FROM = 200; // results looked at to find where to go
const workspace = $("workspace");

const codes = {
  ...Object.fromEntries(CHOICES.map((field) => [field, Object.keys(page.fields.assets.find(({ name }) => name === field)?.values ?? {})])),
  municipality_code: page.municipalities.map((town) => town.code),
};

let state = readAddress(location.search, location.hash);
const placed = Boolean(state.view ?? state.bbox); // whether the address said where the map stands
let filter = parseFilter(state.filter, codes);
let total = null; // assets that match anywhere; null while counting, undefined beyond counting
let next = null; // address of the list's next page
let map = null;

const listing = latestOnly();
const counting = latestOnly();
const detailing = latestOnly();
const fitting = latestOnly();

// A position is a place to go to, no word to look for.
const words = () => (parsePosition(state.q) ? "" : state.q);
const query = () => ({ filter: state.filter, q: words() });
const addressOf = (changes) => location.pathname + writeAddress({ ...state, ...changes }, language);

function remember(changes, push = true) {
  state = { ...state, ...changes };
  history[push ? "pushState" : "replaceState"](null, "", addressOf({}));
  pointLanguageHere();
}

/** The other language's link leads to this very view. */
function pointLanguageHere() {
  const address = new URL(location.href);
  address.searchParams.set("lang", language === "ja" ? "en" : "ja");
  $("language").href = address;
}

// ---- what is asked ----

/** Ask something else: address, form, sentence, map, list and count follow. */
function ask(changes, { push = true, fit = null } = {}) {
  if (changes.filter !== undefined) filter = parseFilter(changes.filter, codes);
  remember(changes, push);
  showQuery();
  map?.query(query());
  refreshTotal();
  refreshList({ fit });
}

const askFilter = (nextFilter) => {
  const goes = nextFilter.municipality_code.some((code) => !filter.municipality_code.includes(code));
  ask({ filter: filterText(nextFilter) }, { fit: goes ? "always" : null });
};

function showQuery() {
  form.show(filter);
  $("q").value = state.q;
  $("sort").value = state.sort;
  tellSentence();
  const position = parsePosition(state.q);
  map?.pin(position);
}

let sentence = "";
function tellSentence({ isUncounted = false } = {}) {
  sentence = showSentence({ q: words(), filter, total, isUncounted }, { filterChanged: askFilter, searchCleared: () => ask({ q: "" }) });
}

/** What was typed: a position to go to, municipalities to filter by, words to look for. */
function search(text) {
  const position = parsePosition(text);
  if (position) {
    ask({ q: text.trim() });
    map?.goTo(position);
    showView("map");
    return;
  }
  const { codes: towns, q } = splitMunicipalities(text, page.municipalities);
  const named = towns.length ? { ...filter, municipality_code: towns } : filter;
  ask({ q, filter: filterText(named) }, { fit: towns.length ? "always" : q && "unless seen" });
}

// ---- the list ----

let sought = ""; // address of what the list was last asked for
let listed = ""; // and of what it shows
const listUrl = () => itemsUrl("assets", { ...query(), bbox: map?.box() ?? state.bbox, limit: PAGE_SIZE, sortby: state.sort });

async function refreshList({ fit = null } = {}) {
  list.waiting();
  const url = (sought = listUrl());
  await listing(async (signal) => {
    try {
      const found = await readItems(url, signal);
      listed = url;
      showPage(found);
      if (fit) await followFound({ unlessSeen: fit === "unless seen" && found.numberMatched > 0 });
    } catch (error) {
      if (signal.aborted) throw error;
      listed = url;
      fail(error);
    }
  });
}

/** Go where the results are; until the map stands there, the list is not settled. */
async function followFound(how) {
  list.busy(true);
  await fitToFound(how);
  list.busy(listUrl() !== listed);
}

/** Say beside the list, and on the map where that covers the list, what went wrong and what to press. */
let failure = null;
function fail(error) {
  failure = error;
  list.showError(error);
  if (error.kind === "filter") showNote(say("list.filter.error"), say("filter.clear"), clear);
}

function showPage(found) {
  failure = null;
  if (map) showNote(null);
  next = found.next;
  choosing.shown(found.numberMatched);
  list.show(found);
  list.mark(state.feature?.id);
  if (found.features.length === 0) list.showEmpty(total);
  showSample(mapHasSample);
  announce(found.numberMatched);
}

async function showMore() {
  if (!next) return;
  list.waiting();
  await listing(async (signal) => {
    try {
      const found = await readItems(next, signal);
      next = found.next;
      list.show(found, true);
    } catch (error) {
      if (signal.aborted) throw error;
      fail(error);
    }
  });
}

async function refreshTotal() {
  total = null;
  tellSentence();
  await counting(async (signal) => {
    const found = await readItems(itemsUrl("assets", { ...query(), limit: 1 }), signal).catch(() => null);
    if (signal.aborted) return;
    if (!found) return tellSentence({ isUncounted: true });
    total = found.numberMatched;
    tellSentence();
    if ($("rows").childElementCount === 0 && $("results-state").classList.contains("empty")) list.showEmpty(total);
    announce();
  });
}

/**
 * Move the map to what was found, and open it when it is the only one. `unlessSeen`: stay when there is more than can
 * be looked at here and some of it is in view.
 */
async function fitToFound({ unlessSeen = false } = {}) {
  await fitting(async (signal) => {
    const found = await readItems(itemsUrl("assets", { ...query(), limit: FIT_FROM }), signal);
    if (found.features.length === 0 || (unlessSeen && found.next)) return;
    map?.fit(boxOf(found.features.map((feature) => pointOf(feature.geometry))));
    if (found.features.length === 1 && state.q) open({ collection: "assets", id: String(found.features[0].id) });
  }).catch(() => {}); // the list has said what is wrong
}

let shownInView;
let saying = 0;
function announce(matched = shownInView) {
  shownInView = matched;
  clearTimeout(saying);
  saying = setTimeout(() => {
    if (total === null) return;
    $("announce").textContent = say("sentence.live", { sentence, count: count(total), shown: count(shownInView) });
  }, 500);
}

// ---- the card ----

async function open(feature, { push = true, first = false } = {}) {
  if (push) remember({ feature });
  list.mark(feature.id);
  workspace.classList.add("detailed");
  await detailing(async (signal) => {
    const position = await detail.show(feature, signal, !first).catch((error) => {
      if (signal.aborted) throw error;
    });
    if (!position) return;
    map?.mark("chosen", position);
    if (first && !placed) map?.jump({ ...position, zoom: 16 });
    else map?.reveal(position);
  });
}

function close(push = true) {
  const id = state.feature?.id;
  if (push && state.feature) remember({ feature: null });
  detailing(async () => {});
  detail.hide();
  workspace.classList.remove("detailed");
  map?.mark("chosen", null);
  list.mark(null);
  if (push && id) list.focus(id);
}

// ---- map and list beside each other ----

function showView(view) {
  workspace.dataset.view = view;
  for (const button of document.querySelectorAll(".switch button")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
}

let mapHasSample = false;
function showSample(onMap) {
  mapHasSample = onMap;
  $("map-sample").hidden = !(onMap || list.hasSample());
}

/** A note on the map, with a button that mends what it tells of; null takes it away. */
function showNote(text, label, act) {
  $("map-note").hidden = !text;
  $("map-note").replaceChildren(text ?? "", ...(act ? [" ", element("button", { type: "button", onclick: act }, label)] : []));
}

/** Our own tiles fail, or come again. What is wrong with the filter matters more. */
function tilesBroken(isBroken) {
  if (failure?.kind === "filter") return;
  if (isBroken) showNote(say("map.tiles_failed"), say("list.retry"), () => (showNote(null), map.retry(), retry()));
  else showNote(null);
}

let resting = 0;
function moved() {
  if (!$("map").clientWidth) return; // hidden for print: no view at all
  remember({ view: map.view(), bbox: null }, false);
  clearTimeout(resting);
  list.busy(listUrl() !== listed);
  resting = setTimeout(() => (listUrl() === sought ? list.busy(sought !== listed) : refreshList()), MOVED_MS);
}

function startMap() {
  try {
    map = createMap($("map"), { ...query(), layers: state.layers, view: state.view, bbox: state.bbox }, {
      moved,
      chosen: (feature) => open(feature),
      pointed: (feature) => list.point(feature?.id),
      sampled: showSample,
      broken: tilesBroken,
    });
  } catch {
    showNote(say("map.failed"));
    showView("list");
  }
}

/** Show what the address says, as after loading or going back. */
function restore() {
  const before = state;
  state = readAddress(location.search, location.hash);
  filter = parseFilter(state.filter, codes);
  showQuery();
  showLayers(state.layers);
  map?.layers(state.layers);
  if (before.filter !== state.filter || before.q !== state.q) map?.query(query());
  if (state.view) map?.jump(state.view);
  refreshTotal();
  refreshList();
  if (state.feature) open(state.feature, { push: false });
  else close(false);
}

// ---- wiring ----

const clear = () => ask({ q: "", filter: "" });
const retry = () => (refreshTotal(), refreshList());

const choosing = createChoosing({
  changed: (positions) => map?.selected(positions),
  readShown: () => readItems(itemsUrl("assets", { ...query(), bbox: map?.box() ?? state.bbox, limit: MOST })),
  pointed: (position) => map?.mark("pointed", position),
});
const form = createForm(askFilter);
const list = createList({
  opened: (feature) => open({ collection: "assets", id: String(feature.id) }),
  pointed: (feature) => map?.mark("pointed", feature ? pointOf(feature.geometry) : null),
  more: showMore,
  retry,
  fit: () => fitToFound(),
  clear,
  href: (feature) => addressOf({ feature: { collection: "assets", id: feature.id } }),
  check: choosing.check,
});
const detail = createDetail($("detail"), {
  closed: () => close(),
  shown: (position) => (showView("map"), workspace.classList.remove("detailed"), map?.goTo(position)),
  retry: () => open(state.feature, { push: false }),
  actions: choosing.actions,
});
const showLayers = createLegend($("legend-body"), (layers) => (remember({ layers }, false), map?.layers(layers)));

$("search").addEventListener("submit", (event) => (event.preventDefault(), showFilters(false), search($("q").value)));
$("q").addEventListener("search", () => $("q").value === "" && state.q && search(""));
$("sort").addEventListener("change", ({ target }) => (remember({ sort: SORTS.includes(target.value) ? target.value : "" }), refreshList()));
$("clear-filters").addEventListener("click", () => (clear(), $("open-filters").focus()));
$("open-filters").addEventListener("click", () => showFilters(!workspace.classList.contains("filtering")));
$("close-filters").addEventListener("click", () => (showFilters(false), $("results").focus({ preventScroll: true })));
$("copy-link").addEventListener("click", copyLink);
$("detail").addEventListener("click", followInside);
for (const button of document.querySelectorAll(".switch button")) button.addEventListener("click", () => showView(button.dataset.view));
addEventListener("popstate", restore);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refreshList());
addEventListener("beforeprint", () => map && (($("map-print").src = map.picture()), ($("map-print").hidden = false)));
addEventListener("afterprint", () => ($("map-print").hidden = true));
watchKeys({ closeFilters: () => workspace.classList.contains("filtering") && (showFilters(false), $("open-filters").focus(), true), closeDetail: () => state.feature && (close(), true) });

function showFilters(isOpen) {
  workspace.classList.toggle("filtering", isOpen);
  $("open-filters").setAttribute("aria-expanded", String(isOpen));
}

async function copyLink() {
  const done = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
  $("copy-link").textContent = say(done ? "filter.link.done" : "detail.copy_failed");
  $("announce").textContent = $("copy-link").textContent;
  setTimeout(() => ($("copy-link").textContent = say("filter.link")), 3000);
}

/** Links of the card to other features open in the card. */
function followInside(event) {
  const feature = event.target.closest("a[href^='?feature=']")?.getAttribute("href").slice("?feature=".length);
  if (!feature || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const [collection, id] = feature.split("/");
  open({ collection, id: decodeURIComponent(id) });
}

document.documentElement.classList.add("scripted");
$("legend").open = localStorage.getItem(LEGEND_KEPT) === "open";
$("legend").addEventListener("toggle", () => localStorage.setItem(LEGEND_KEPT, $("legend").open ? "open" : "closed"));
showLayers(state.layers);
pointLanguageHere();
startMap();
if (map) {
  map.selected(choosing.positions());
  enableDrawing($("map"), { lonLatAt: map.lonLatAt, query, choosing });
}
showQuery();
if (parsePosition(state.q) && !placed) map?.jump({ ...parsePosition(state.q), zoom: 16 });
refreshTotal();
refreshList();
if (state.feature) open(state.feature, { push: false, first: true });
