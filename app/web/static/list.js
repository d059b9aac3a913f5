// The result list: rows in step with the map, moved through by keyboard.
import { PAGE_SIZE } from "./features.js";
import { codeLabel, count, element, number, say, valueText } from "./i18n.js";
import { pointOf } from "./place.js";
import { assetShape, assetSteps, ownerLine, symbolSvg } from "./symbols.js";

const $ = (id) => document.getElementById(id);
const WORDS_AFTER_MS = 1000; // no waiting without words after this
const SLOW_AFTER_MS = 5000;

/**
 * The list of assets. `on` holds opened(feature), pointed(feature | null), more(), retry(), fit(), clear(),
 * href(id) for a row's own address, check(feature) for the box that chooses it.
 */
export function createList(on) {
  const rows = $("rows");
  let features = [];
  let matched = 0;
  const featureOf = (link) => features.find((feature) => String(feature.id) === link?.dataset.id);
  const linkOf = (event) => event.target.closest("a[data-id]");

  rows.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    on.opened(featureOf(link));
  });
  for (const [name, take] of [["pointerover", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
    rows.addEventListener(name, (event) => on.pointed(take ? featureOf(linkOf(event)) ?? null : null));
  }
  rows.addEventListener("keydown", (event) => walk(event, rows));
  $("more").addEventListener("click", () => on.more());

  const showFoot = () => {
    const left = matched === undefined ? PAGE_SIZE : matched - features.length;
    $("results-range").textContent = features.length ? say("list.range", { from: 1, to: number(features.length) }) : "";
    $("more").hidden = left <= 0 || features.length === 0;
    $("more").textContent = say("list.more", { n: Math.min(PAGE_SIZE, left) });
  };

  return {
    /** Replace the rows by a page's features, or add them below. */
    show(page, added = false) {
      waiting(false);
      const held = rows.contains(document.activeElement) ? document.activeElement.dataset : {};
      const firstNew = features.length;
      features = added ? [...features, ...page.features] : page.features;
      matched = page.numberMatched;
      const made = page.features.map((feature) => row(feature, on));
      if (added) rows.append(...made);
      else rows.replaceChildren(...made);
      $("results-heading").textContent = say("list.heading", { count: count(matched) });
      showFoot();
      state(null);
      if (added) rows.querySelectorAll("a[data-id]")[firstNew]?.focus();
      else if (held.id ?? held.choose) (rowLink(held.id) ?? rowBox(held.choose) ?? $("results")).focus({ preventScroll: true });
    },
    /** Nothing here: say so, and offer the way to what there is elsewhere (`total`, undefined while unknown). */
    showEmpty(total) {
      const parts = [element("p", { className: "state-title" }, say(total === 0 ? "list.empty.all" : "list.empty.here"))];
      if (total === 0) parts.push(element("p", {}, say("list.empty.hint")), button("filter.clear", on.clear));
      else if (total) parts.push(element("p", {}, say("list.empty.elsewhere", { count: count(total) })), button("list.empty.fit", on.fit));
      state("empty", ...parts);
    },
    /** The last request failed: what happened, and the press that mends it. */
    showError({ kind, detail }) {
      waiting(false);
      $("results-heading").textContent = say("list.label");
      const title = { offline: "list.offline", filter: "list.filter.error" }[kind] ?? "list.error";
      const mend = kind === "filter" ? button("filter.clear", on.clear) : button("list.retry", on.retry);
      state("error", element("p", { className: "state-title" }, say(title)), detail ? element("p", {}, detail) : null, mend);
    },
    waiting: () => waiting(true),
    /** What is shown is about to be replaced (or is not, after all): told to who listens, not shown. */
    busy: (isBusy) => $("results").setAttribute("aria-busy", String(isBusy)),
    mark(id) {
      for (const link of rows.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
      rowLink(id)?.setAttribute("aria-current", "true");
    },
    point(id) {
      for (const link of rows.querySelectorAll(".pointed")) link.classList.remove("pointed");
      const link = rowLink(id);
      link?.classList.add("pointed");
      link?.scrollIntoView({ block: "nearest" });
    },
    focus(id) {
      (rowLink(id) ?? $("results")).focus();
    },
    hasSample: () => features.some((feature) => feature.properties.is_sample),
  };

  function rowLink(id) {
    return id && rows.querySelector(`a[data-id="${CSS.escape(id)}"]`);
  }

  function rowBox(id) {
    return id && rows.querySelector(`[data-choose="${CSS.escape(id)}"]`);
  }
}

const button = (key, act) => element("button", { type: "button", onclick: () => act() }, say(key));

function state(kind, ...children) {
  const box = $("results-state");
  box.className = kind ? `state ${kind}` : "";
  box.setAttribute("role", kind === "error" ? "alert" : "presentation");
  box.replaceChildren(...children.filter(Boolean));
}

let timers = [];

/** While a request runs: words after a second, an explanation after five. */
function waiting(isWaiting) {
  timers.forEach(clearTimeout);
  $("results").setAttribute("aria-busy", String(isWaiting));
  if (!isWaiting) return;
  const after = (ms, key) => setTimeout(() => state("waiting", element("p", {}, say(key))), ms);
  timers = [after(WORDS_AFTER_MS, "list.loading"), after(SLOW_AFTER_MS, "list.slow")];
}

/** One asset as a row: symbol, name, facts, address. */
function row(feature, on) {
  const { properties } = feature;
  const symbol = assetSteps(assetShape(properties), ownerLine(properties.owner_type), properties.is_sample);
  const link = element(
    "a",
    { href: on.href(feature), "data-id": feature.id },
    symbolSvg(symbol),
    element(
      "span",
      { className: "row-text" },
      element(
        "span",
        { className: "row-title" },
        element("span", { className: "row-name" }, properties.name || say("list.no_name")),
        properties.is_sample ? element("span", { className: "tag sample" }, say("sample")) : null,
      ),
      element("span", { className: "row-facts" }, facts(properties)),
      element("span", { className: "row-place" }, properties.address || properties.municipality || positionText(feature)),
    ),
  );
  return element("li", {}, on.check(feature), link);
}

const positionText = ({ geometry }) => {
  const { lat, lon } = pointOf(geometry);
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
};

/** What decides at first sight: kind, height, power, fibre, availability. */
function facts(properties) {
  const kind = properties.structure_kind ? ["structure_kind", properties.structure_kind] : ["asset_kind", properties.asset_kind];
  const height = valueText("assets", "height_m", properties.height_m);
  const having = ["power", "fibre"].filter((name) => properties[name] && properties[name] !== "none");
  return [
    [codeLabel(...kind), height].filter(Boolean).join(" "),
    ...having.map((name) => say(`list.${name}`, { value: codeLabel(name, properties[name]) })),
    properties.availability && codeLabel("availability", properties.availability),
    properties.dup_of && say("list.duplicate"),
  ].filter(Boolean).join(say("sentence.separator"));
}

/** j, k and the arrows move from row to row, Home and End to the ends. */
function walk(event, rows) {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const links = [...rows.querySelectorAll("a[data-id]")];
  const here = links.indexOf(document.activeElement);
  const goal = step ? here + step : { Home: 0, End: links.length - 1 }[event.key];
  if (here < 0 || goal === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (goal === links.length && !document.getElementById("more").hidden) document.getElementById("more").focus();
  else links[Math.max(0, Math.min(goal, links.length - 1))].focus();
}
