// The filter form and the sentence that says the same.
import { CHOICES, emptyFilter, filterParts, without } from "./filter.js";
import { codeLabel, count, either, element, say } from "./i18n.js";

const $ = (id) => document.getElementById(id);
const TICKED = CHOICES.filter((field) => field !== "municipality_code");
const inputs = (field) => [...document.querySelectorAll(`#filters input[name="${field}"]`)];

/** The form; `changed(filter)` is called with every change that makes sense. Returns {show(filter)}. */
export function createForm(changed) {
  let filter = emptyFilter();
  const towns = () => [...$("chosen-municipalities").querySelectorAll("button")].map((chip) => chip.dataset.code);

  $("filters").addEventListener("change", ({ target }) => {
    if (target.id === "municipality") chooseTown(target, filter, changed);
    else if (heightsMakeSense()) changed({ ...filter, ...ticked(), ...heights(), is_sample: sampleChoice(), municipality_code: towns() });
  });
  return {
    show(next) {
      filter = next;
      for (const field of TICKED) for (const box of inputs(field)) box.checked = filter[field].includes(box.value);
      for (const radio of inputs("is_sample")) radio.checked = radio.value === String(filter.is_sample ?? "");
      $("height-from").value = filter.height_from ?? "";
      $("height-to").value = filter.height_to ?? "";
      heightsMakeSense();
      showTowns(filter, changed);
    },
  };
}

const ticked = () => Object.fromEntries(TICKED.map((field) => [field, inputs(field).filter((box) => box.checked).map((box) => box.value)]));

function sampleChoice() {
  const value = inputs("is_sample").find((radio) => radio.checked)?.value;
  return value ? value === "true" : null;
}

function heights() {
  const number = (id) => ($(id).value === "" || !$(id).checkValidity() ? null : Number($(id).value));
  return { height_from: number("height-from"), height_to: number("height-to") };
}

/** False, with the reason shown at the fields, while the lower bound is above the upper. */
function heightsMakeSense() {
  const { height_from, height_to } = heights();
  const crossed = height_from !== null && height_to !== null && height_from > height_to;
  $("height-error").hidden = !crossed;
  for (const id of ["height-from", "height-to"]) {
    $(id).setAttribute("aria-invalid", String(crossed));
    if (crossed) $(id).setAttribute("aria-describedby", "height-error");
    else $(id).removeAttribute("aria-describedby");
  }
  return !crossed;
}

function chooseTown(select, filter, changed) {
  const code = select.value;
  select.value = "";
  if (code && !filter.municipality_code.includes(code)) changed({ ...filter, municipality_code: [...filter.municipality_code, code] });
}

function showTowns(filter, changed) {
  const chips = filter.municipality_code.map((code) => {
    const name = codeLabel("municipality_code", code);
    const chip = element("button", { type: "button", className: "chip", "data-code": code, "aria-label": say("sentence.remove", { part: name }) }, name, cross());
    chip.addEventListener("click", () => {
      changed({ ...filter, municipality_code: filter.municipality_code.filter((other) => other !== code) });
      $("municipality").focus();
    });
    return chip;
  });
  $("chosen-municipalities").replaceChildren(...chips);
}

const cross = () => element("span", { className: "cross", "aria-hidden": "true" }, "×");

/**
 * Show the conditions as a sentence with its count; each part is a button that takes it away.
 * `total` is the number of assets, undefined for too many to count, null while counting;
 * `isUncounted` says that counting failed. Returns the plain sentence.
 */
export function showSentence({ q, filter, total, isUncounted }, { filterChanged, searchCleared }) {
  const parts = filterParts(filter, { say, label: codeLabel, either });
  if (q) parts.push({ field: "q", text: say("sentence.search", { q }) });
  const remove = (field) => (field === "q" ? searchCleared() : filterChanged(without(filter, field)));
  const chips = parts.map(({ field, text }) => chip(field, text, () => remove(field)));
  const words = parts.length ? chips : [element("span", { className: "sentence-all" }, say("sentence.all"))];
  const totalText = isUncounted ? say("count.failed") : total === null ? say("count.waiting") : count(total);
  $("sentence").replaceChildren(...words.flatMap((word, i) => (i ? [separator(), word] : [word])), " ", element("strong", { className: "total" }, totalText));
  $("clear-filters").hidden = parts.length === 0;
  $("close-filters").textContent = say("filter.show", { count: totalText });
  return parts.length ? parts.map((part) => part.text).join(say("sentence.separator")) : say("sentence.all");
}

const separator = () => element("span", { className: "separator", "aria-hidden": "true" }, say("sentence.separator"));

function chip(field, text, remove) {
  const shown = field === "rest" ? element("code", { title: say("sentence.kept") }, text) : text;
  const made = element("button", { type: "button", className: "chip", "aria-label": say("sentence.remove", { part: text }) }, shown, cross());
  made.addEventListener("click", () => {
    remove();
    ($("sentence").querySelector(".chip") ?? $("open-filters")).focus();
  });
  return made;
}
