// Choosing assets: boxes in the list, buttons on the card, "add all shown", and the tray that leads to an application.
import { itemsUrl, readItems } from "./features.js";
import { count, element, number, say } from "./i18n.js";
import { pointOf } from "./place.js";
import { createSelection, forgetInto, MOST, readInto } from "./selection.js";

export { MOST };
const IN_LINK = 100; // ids that an address carries
const IN_SIGN_IN = 60;
const $ = (id) => document.getElementById(id);
// Read before the map writes the address anew.
const asked = new URLSearchParams(location.search);

/** A feature as the selection keeps it. */
const assetOf = ({ id, geometry, properties }) => ({
  id: String(id),
  name: properties.name || String(id),
  place: properties.address || properties.municipality || "",
  ...pointOf(geometry),
});

/**
 * `on` holds changed(positions), readShown() for a page of all that list and map show, pointed(position | null).
 * Returns {check, actions, shown, add, positions, tell}.
 */
export function createChoosing(on) {
  const selection = createSelection(show);
  const known = new Map(); // rows of the list: id -> asset
  let last = ""; // id of the box pressed before, where a range begins: the list may have been made anew since
  let into = readInto(asked.get("into"));

  function tell(text) {
    $("announce").textContent = text;
  }

  function add(assets) {
    const { added, left } = selection.add(assets);
    if (left) tell(say("select.full", { most: MOST, n: number(left) }));
    else if (!added) tell(say("select.none_new"));
    else tell(say("select.live.added", { n: number(added), total: number(selection.all().length) }));
    if (left) $("tray-count").textContent = say("select.full", { most: MOST, n: number(left) });
    return added;
  }

  function remove(ids) {
    const removed = selection.remove(ids);
    if (removed) tell(say("select.live.removed", { n: number(removed), total: number(selection.all().length) }));
  }

  const toggle = (asset, isOn) => (isOn ? add([asset]) : remove([asset.id]));

  // ---- the list ----
  function check(feature) {
    const asset = assetOf(feature);
    known.set(asset.id, asset);
    const box = element("input", { type: "checkbox", checked: selection.has(asset.id), "aria-label": say("select.row", { name: asset.name }), "data-choose": asset.id });
    return element("label", { className: "row-check" }, box);
  }

  $("rows").addEventListener("click", ({ target, shiftKey }) => {
    if (!target.matches("[data-choose]")) return;
    const boxes = [...$("rows").querySelectorAll("[data-choose]")];
    const to = boxes.indexOf(target);
    const before = shiftKey ? boxes.findIndex((box) => box.dataset.choose === last) : -1;
    const from = before < 0 ? to : before;
    const range = boxes.slice(Math.min(from, to), Math.max(from, to) + 1).map((box) => known.get(box.dataset.choose));
    last = target.dataset.choose;
    if (target.checked) add(range);
    else remove(range.map((asset) => asset.id));
  });

  $("add-shown").addEventListener("click", async () => {
    $("add-shown").disabled = true;
    try {
      const found = await on.readShown();
      add(found.features.map(assetOf));
    } catch {
      tell(say("select.failed"));
    }
    $("add-shown").disabled = false;
  });

  // ---- the card ----
  function actions(feature) {
    const asset = assetOf(feature);
    const button = element("button", { type: "button", "data-toggle": asset.id, "aria-pressed": "false" });
    button.addEventListener("click", () => toggle(asset, !selection.has(asset.id)));
    showToggle(button);
    const here = element("a", { className: "primary", href: `/applications/new?selected=${encodeURIComponent(asset.id)}`, rel: "nofollow" }, say("select.here"));
    return [button, here];
  }

  function showToggle(button) {
    const isOn = selection.has(button.dataset.toggle);
    button.textContent = say(isOn ? "select.added" : "select.add");
    button.setAttribute("aria-pressed", String(isOn));
  }

  // ---- the tray ----
  function show() {
    const all = selection.all();
    $("tray").hidden = all.length === 0 && !selection.canUndo();
    $("tray").classList.toggle("none", all.length === 0);
    $("tray-count").textContent = all.length ? say(into ? "select.count.into" : "select.count", { n: number(all.length) }) : say("select.cleared");
    $("tray-undo").hidden = !selection.canUndo();
    $("tray-into").hidden = !into;
    for (const box of document.querySelectorAll("[data-choose]")) box.checked = selection.has(box.dataset.choose);
    for (const button of document.querySelectorAll("[data-toggle]")) showToggle(button);
    if (!$("tray-list").hidden) showList();
    if (all.length === 0) showList(false);
    showWay(all);
    on.changed(positions());
  }

  function showWay(all) {
    const ids = all.map((asset) => asset.id);
    const form = $("tray-form");
    if (form) {
      form.elements.asset_ids.value = ids.join("\n");
      form.elements.into.value = into;
      const button = form.querySelector("button");
      button.textContent = into ? button.dataset.into : button.dataset.new;
    }
    const way = $("tray-sign-in");
    const chosen = ids.length <= IN_SIGN_IN ? `?selected=${ids.join(",")}` : "";
    if (way) way.href = `/sign-in?next=${encodeURIComponent(`/applications/new${chosen}`)}`;
  }

  function showList(isOpen = true) {
    $("tray-list").hidden = !isOpen;
    $("tray-show").setAttribute("aria-expanded", String(isOpen));
    if (isOpen) $("tray-list").replaceChildren(...selection.all().map(line));
  }

  function line(asset) {
    const out = element("button", { type: "button", className: "quiet", "aria-label": say("select.remove", { name: asset.name }) }, "×");
    const row = element("li", {}, element("a", { href: `/?feature=assets/${encodeURIComponent(asset.id)}` }, asset.name), element("span", { className: "row-place" }, asset.place), out);
    out.addEventListener("click", () => {
      const next = row.nextElementSibling ? [...$("tray-list").children].indexOf(row) : 0;
      remove([asset.id]);
      ($("tray-list").children[next]?.querySelector("button") ?? $("tray-undo")).focus();
    });
    for (const [name, take] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) row.addEventListener(name, () => on.pointed(take ? asset : null));
    return row;
  }

  $("tray-show").addEventListener("click", () => showList($("tray-list").hidden));
  $("tray-undo").addEventListener("click", () => {
    selection.undo();
    tell($("tray-count").textContent);
    if ($("tray").hidden) $("results").focus();
    else if ($("tray-undo").hidden) $("tray-show").focus();
  });
  $("tray-clear").addEventListener("click", () => {
    remove(selection.all().map((asset) => asset.id));
    $("tray-undo").focus();
  });
  $("tray-into").addEventListener("click", () => {
    forgetInto();
    into = "";
    show();
    tell($("tray-count").textContent);
    $("tray-show").focus();
  });
  $("tray-link").addEventListener("click", async () => {
    const ids = selection.all().map((asset) => asset.id);
    if (ids.length > IN_LINK) return say_at($("tray-link"), "select.link.long");
    const done = await navigator.clipboard.writeText(`${location.origin}/?selected=${ids.map(encodeURIComponent).join(",")}`).then(() => true, () => false);
    return say_at($("tray-link"), done ? "select.link.done" : "select.failed");
  });

  function say_at(button, key) {
    const words = say("select.link");
    button.textContent = say(key);
    tell(button.textContent);
    setTimeout(() => (button.textContent = words), 4000);
  }

  // ---- a selection that came as a link ----
  async function adopt() {
    const ids = (asked.get("selected") ?? "").split(",").filter(Boolean).slice(0, IN_LINK);
    if (!ids.length) return;
    const quoted = ids.map((id) => `'${id.replaceAll("'", "''")}'`);
    try {
      const found = await readItems(itemsUrl("assets", { filter: `asset_id IN (${quoted.join(", ")})`, limit: IN_LINK }));
      add(found.features.map(assetOf));
      if (found.features.length < ids.length) tell(say("select.unknown", { n: number(ids.length - found.features.length) }));
    } catch {
      tell(say("select.failed"));
    }
  }

  const positions = () => selection.all().map(({ lon, lat }) => ({ lon, lat }));
  show();
  adopt();
  return {
    check,
    actions,
    positions,
    tell,
    addFeatures: (features) => add(features.map(assetOf)),
    /** How many the list and the map show now; undefined beyond counting. */
    shown(matched) {
      const isFew = matched !== undefined && matched <= MOST;
      $("add-shown").hidden = !isFew || matched === 0;
      $("add-shown-why").hidden = isFew;
      $("add-shown").textContent = isFew ? say("select.all", { count: count(matched) }) : "";
    },
  };
}
