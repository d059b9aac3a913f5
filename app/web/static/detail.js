// The detail card: every known field with its unit, its source, what stands near, and links to the feature itself.
import { itemUrl, itemsUrl, readItems, readJson } from "./features.js";
import { element, fieldOf, language, number, page, say, valueText } from "./i18n.js";
import { boxAround, distanceM, pointOf } from "./place.js";
import { assetShape, assetSteps, ownerLine, stationSteps, symbolSvg, wifiSteps } from "./symbols.js";

const NEAR_M = 500;
const NEAR_SHOWN = 5;

// Groups of an asset's fields, in the order people ask: can it be used, where is it, whose is it, what is it.
const ASSET_GROUPS = [
  ["facts", ["availability", "height_m", "area_m2", "usable_area_m2", "slots_total", "slots_used", "roof_load_n_m2", "max_load_kg", "power", "power_distance_m", "fibre", "fibre_distance_m", "access_hours", "entry_lead_days", "restrictions", "sensitive_flags", "fee_note", "planned_works"]],
  ["place", ["address", "building_name", "municipality", "municipality_code", "geocode_level", "ground_elev_m", "zoning", "priority_area", "mesh_half", "mesh_eighth"]],
  ["owner", ["owner_name", "owner_type", "bureau", "property_class", "owner_code", "real_estate_id"]],
  ["building", ["facility_type", "structure_type", "floors_above", "floors_below", "built_year", "gross_floor_m2", "roof_height_m", "roof_type", "seismic"]],
  ["structure", ["structure_kind", "material", "mount_height_min_m", "mount_height_max_m", "carriageway_clearance_m", "road_manager"]],
  ["land", ["land_category", "lot_no", "frontage_road", "max_structure_height_m"]],
  ["source", ["source", "licence", "source_as_of", "updated_at", "dup_of"]],
];
const ONLY_FOR = { area_m2: ["building", "land"], usable_area_m2: ["land"], roof_load_n_m2: ["building"], max_load_kg: ["structure"], access_hours: ["building"], entry_lead_days: ["building"], facility_type: ["building"] };
const KINDS = ["building", "structure", "land"];
const IN_HEAD = ["name", "name_kana", "name_en", "asset_kind", "asset_id", "station_id", "access_point_id", "is_sample", "municipality_code_name"];

/** The groups [title key, field names] that a feature shows; fields no group names come last. */
export function groupsOf(collection, properties) {
  if (collection !== "assets") return plainGroups(collection);
  const kind = properties.asset_kind;
  const fits = (name) => properties[name] != null || !ONLY_FOR[name] || ONLY_FOR[name].includes(kind);
  const shown = ASSET_GROUPS.filter(([group, names]) => !KINDS.includes(group) || group === kind || names.some((name) => properties[name] != null));
  const grouped = new Set([...ASSET_GROUPS.flatMap(([, names]) => names), ...IN_HEAD]);
  const others = Object.keys(properties).filter((name) => !grouped.has(name) && properties[name] != null);
  return [...shown.map(([group, names]) => [group, names.filter(fits)]), ["other", others]];
}

function plainGroups(collection) {
  const names = page.fields[collection].map((field) => field.name).filter((name) => !IN_HEAD.includes(name));
  const provenance = ["source", "licence", "source_as_of", "updated_at"];
  return [["facts", names.filter((name) => !provenance.includes(name))], ["source", names.filter((name) => provenance.includes(name))]];
}

/**
 * The card in `aside`. `on` holds closed(), shown({lon, lat}), retry(), actions(feature) for an asset's buttons. `show` reads a feature and fills the card with it.
 */
export function createDetail(aside, on) {
  const close = () => element("button", { type: "button", className: "close", "aria-label": say("detail.close"), onclick: on.closed }, "×");
  const frame = (...children) => aside.replaceChildren(close(), ...children);
  return {
    /** Read and show, and take the focus there; returns the feature's position. Throws RequestError after saying so on the card. */
    async show({ collection, id }, signal, takesFocus = true) {
      aside.hidden = false;
      const words = setTimeout(() => frame(element("p", { className: "state waiting" }, say("detail.loading"))), aside.childElementCount ? 1000 : 0);
      try {
        const feature = await readJson(itemUrl(collection, id), signal);
        clearTimeout(words);
        frame(...card(collection, feature, on));
        aside.scrollTop = 0;
        if (takesFocus) aside.querySelector("h2").focus({ preventScroll: true });
        showNear(aside.querySelector(".near"), feature, signal);
        return pointOf(feature.geometry);
      } catch (error) {
        clearTimeout(words);
        if (!signal.aborted) frame(failure(error, on));
        throw error;
      }
    },
    hide() {
      aside.hidden = true;
      aside.replaceChildren();
    },
  };
}

function failure({ kind, detail }, on) {
  const retry = element("button", { type: "button", onclick: on.retry }, say("list.retry"));
  const missing = kind === "missing";
  const title = say(missing ? "detail.missing" : kind === "offline" ? "list.offline" : "detail.error");
  return element("div", { className: "state error", role: "alert" }, element("p", { className: "state-title" }, title), missing ? null : detail, missing ? null : retry);
}

function card(collection, feature, on) {
  const { properties } = feature;
  const sections = groupsOf(collection, properties).filter(([, names]) => names.length).map(([group, names]) => section(collection, group, names, feature));
  return [
    head(collection, feature, on),
    properties.is_sample ? element("p", { className: "sample-note" }, say("detail.sample")) : null,
    ...sections,
    element("section", { className: "near" }),
    links(collection, feature),
  ].filter(Boolean);
}

const NAMES = { stations: stationSteps, "wifi-access-points": () => wifiSteps(true) };

function head(collection, feature, on) {
  const { properties } = feature;
  const steps = collection === "assets" ? assetSteps(assetShape(properties), ownerLine(properties.owner_type), properties.is_sample) : NAMES[collection]?.() ?? [];
  const kind = collection === "assets" ? valueText("assets", "asset_kind", properties.asset_kind) : say(`legend.${collection}`);
  const also = [properties.name_kana, properties.name_en].filter(Boolean).join(" / ");
  return element(
    "header",
    {},
    element("p", { className: "detail-kind" }, symbolSvg(steps), kind ?? "", properties.is_sample ? element("span", { className: "tag sample" }, say("sample")) : null),
    element("h2", { tabIndex: -1 }, properties.name || say("list.no_name")),
    also ? element("p", { className: "detail-also" }, also) : null,
    element("p", { className: "detail-id" }, element("code", {}, String(feature.id)), copyButton("detail.copy_id", String(feature.id))),
    element("button", { type: "button", className: "quiet", onclick: () => on.shown(pointOf(feature.geometry)) }, say("detail.show_on_map")),
    collection === "assets" ? element("div", { className: "detail-actions" }, ...on.actions(feature)) : null,
  );
}

/** A button that copies a text and says whether it did. */
export function copyButton(key, text) {
  const made = element("button", { type: "button", className: "quiet", "aria-label": say(key) }, say("detail.copy"));
  const label = made.textContent;
  made.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    made.textContent = say(done ? "detail.copied" : "detail.copy_failed");
    document.getElementById("announce").textContent = made.textContent;
    setTimeout(() => (made.textContent = label), 3000);
  });
  return made;
}

function section(collection, group, names, feature) {
  const rows = names.map((name) => factRow(collection, name, feature.properties[name]));
  if (group === "place" || (collection !== "assets" && group === "facts")) rows.push(positionRow(feature));
  return element("section", {}, element("h3", {}, say(`detail.group.${group}`)), element("dl", { className: "facts" }, ...rows));
}

function factRow(collection, name, value) {
  const label = fieldOf(collection, name)?.label ?? name;
  return element("div", {}, element("dt", {}, label), element("dd", {}, valueNode(collection, name, value)));
}

function valueNode(collection, name, value) {
  const text = valueText(collection, name, value);
  if (text === null) return unknown();
  if (name === "dup_of" || (name === "asset_id" && collection !== "assets")) return element("a", { href: `?feature=assets/${encodeURIComponent(value)}` }, text);
  if (name === "url" && /^https?:\/\//.test(value)) return element("a", { href: value, rel: "noreferrer" }, text);
  return text;
}

function unknown() {
  const dash = element("span", { className: "unknown" });
  dash.append(element("span", { "aria-hidden": "true" }, "—"), element("span", { className: "visually-hidden" }, say("detail.unknown")));
  return dash;
}

const coordinates = ({ lat, lon }) => `${lat.toFixed(6)}, ${lon.toFixed(6)}`;

function positionRow(feature) {
  const text = coordinates(pointOf(feature.geometry));
  return element("div", {}, element("dt", {}, say("detail.position")), element("dd", {}, element("code", {}, text), " ", copyButton("detail.copy", text)));
}

function links(collection, feature) {
  const { lat, lon } = pointOf(feature.geometry);
  const position = `/?${new URLSearchParams({ q: `${lat.toFixed(6)},${lon.toFixed(6)}`, ...(language === "ja" ? {} : { lang: language }) })}#map=17/${lat.toFixed(5)}/${lon.toFixed(5)}`;
  const link = (href, key) => element("li", {}, element("a", { href }, say(key)));
  return element(
    "section",
    {},
    element("h3", {}, say("detail.group.links")),
    element("ul", { className: "links" }, link(itemUrl(collection, feature.id, "html"), "detail.link.html"), link(itemUrl(collection, feature.id), "detail.link.json"), link(position, "detail.link.position")),
  );
}

/** Stations and access points within NEAR_M metres, nearest first. */
async function showNear(box, feature, signal) {
  const here = pointOf(feature.geometry);
  box.replaceChildren(element("h3", {}, say("detail.group.near", { m: NEAR_M })), element("p", {}, say("detail.near.loading")));
  try {
    const lists = await Promise.all(["stations", "wifi-access-points"].map(async (collection) => [collection, await readNear(collection, here, signal)]));
    box.lastChild.replaceWith(...lists.map(([collection, near]) => nearList(collection, near, feature)));
  } catch {
    if (!signal.aborted) box.lastChild.textContent = say("detail.near.error");
  }
}

async function readNear(collection, here, signal) {
  const { features } = await readItems(itemsUrl(collection, { bbox: boxAround(here, NEAR_M), limit: 1000 }), signal);
  return features
    .map((feature) => ({ feature, metres: distanceM(here, pointOf(feature.geometry)) }))
    .filter(({ metres }) => metres <= NEAR_M)
    .sort((a, b) => a.metres - b.metres);
}

function nearList(collection, near, self) {
  const others = near.filter(({ feature }) => feature.id !== self.id);
  const title = element("h4", {}, symbolSvg(NAMES[collection](), 18), say(`legend.${collection}`), element("span", { className: "near-count" }, say("detail.near.count", { n: others.length })));
  const rows = others.slice(0, NEAR_SHOWN).map(({ feature, metres }) => nearRow(collection, feature, metres));
  if (others.length > NEAR_SHOWN) rows.push(element("li", {}, say("detail.near.more", { n: others.length - NEAR_SHOWN })));
  const none = element("p", { className: "near-none" }, say("detail.near.none", { m: NEAR_M }));
  return element("div", {}, title, rows.length ? element("ul", {}, ...rows) : none);
}

function nearRow(collection, feature, metres) {
  const { name, carrier, is_sample } = feature.properties;
  return element(
    "li",
    {},
    element("a", { href: `?feature=${collection}/${encodeURIComponent(feature.id)}` }, name || String(feature.id)),
    element("span", { className: "near-facts" }, [carrier, `${number(Math.round(metres))} m`].filter(Boolean).join(say("sentence.separator"))),
    is_sample ? element("span", { className: "tag sample" }, say("sample")) : null,
  );
}
