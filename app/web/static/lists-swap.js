// Putting fresh parts of the page in the place of old ones, without losing what somebody typed, opened, scrolled or stood on.

const PAGES = "main[data-list], main[data-application]"; // pages that renew their parts in place
const served = new Map(); // part's id -> its HTML as the server sent it

const liveParts = () => [...document.querySelectorAll("main [data-live]")];

/** Remember the parts as they came. */
export function rememberParts() {
  for (const part of liveParts()) served.set(part.id, part.outerHTML);
}

/**
 * Take over what has changed in a page of the same kind. Of an answer to a form (`isAnswer`) also what it says on top;
 * `sent` is the form whose choices are now the server's own. Returns false where the HTML is another page.
 */
export function swap(html, { isAnswer = false, sent = null } = {}) {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector(PAGES);
  if (!next) return false;
  const main = document.querySelector(PAGES);
  Object.assign(main.dataset, next.dataset);
  const focus = standing();
  for (const part of liveParts()) {
    const fresh = next.querySelector(`#${part.id}`);
    if (!fresh) continue;
    const isKept = fresh.hasAttribute("data-pending") && !part.hasAttribute("data-pending");
    if (isKept) keepBusy(part);
    else if (served.get(part.id) !== fresh.outerHTML || part.ariaBusy === "true") replace(part, fresh, sent);
  }
  if (isAnswer) document.getElementById("said").replaceWith(next.querySelector("#said"));
  const problem = isAnswer && document.getElementById("problem");
  if (problem) problem.focus();
  else putBack(focus);
  return true;
}

/** The old content stays in sight, dimmed, until there is new. */
function keepBusy(part) {
  part.ariaBusy = "true";
  part.inert = part.id !== "table";
}

function replace(part, fresh, sent) {
  served.set(part.id, fresh.outerHTML);
  const typed = typedIn(part, sent);
  const touched = [...part.querySelectorAll("details[data-touched]")];
  const scrolled = [...part.querySelectorAll(".table-frame[id]")].map((frame) => [frame.id, frame.scrollLeft, frame.scrollTop]);
  part.replaceWith(fresh);
  for (const old of touched) {
    const details = old.id && fresh.querySelector(`#${CSS.escape(old.id)}`);
    if (!details) continue;
    details.open = old.open;
    details.dataset.touched = "";
  }
  for (const [id, left, top] of scrolled) fresh.querySelector(`#${id}`)?.scrollTo(left, top);
  for (const [form, name, value] of typed) putTyped(fresh, form, name, value);
}

const isChanged = (input) => {
  if (input.hasAttribute("data-typed")) return true; // shown again with a problem, not taken yet
  if (input.type === "checkbox") return input.checked !== input.defaultChecked;
  if (input.tagName === "SELECT") return ![...input.options].some((option) => option.selected && option.defaultSelected);
  return input.value !== input.defaultValue;
};

const formKey = (form) => `${form.getAttribute("action")} ${form.elements.part?.value ?? ""}`;

/** What was typed and not sent: [form, name, value]. */
function typedIn(part, sent) {
  const inputs = [...part.querySelectorAll("form input:not([type=hidden], [type=file], [readonly]), form select, form textarea")];
  return inputs
    .filter((input) => input.form !== sent && isChanged(input))
    .map((input) => [formKey(input.form), input.name, input.type === "checkbox" ? input.checked : input.value]);
}

function putTyped(fresh, key, name, value) {
  const form = [...fresh.querySelectorAll("form")].find((candidate) => formKey(candidate) === key);
  const input = form?.elements[name];
  if (!input) return;
  if (typeof value === "boolean") input.checked = value;
  else input.value = value;
  showUnsaved(form);
}

/** Say whether a form holds choices that have not been applied. */
export function showUnsaved(form) {
  const note = form.querySelector(".unsaved");
  if (note) note.hidden = ![...form.elements].some((input) => ["SELECT", "INPUT"].includes(input.tagName) && input.type !== "hidden" && isChanged(input));
}

let lost = null; // where somebody stood in a part that is being renewed

/** Where somebody stands: the element's own id, or its form and name, and the part it is in. */
function standing() {
  const active = document.activeElement;
  const part = active?.closest?.("[data-live]");
  if (!part) return active && active !== document.body ? null : lost;
  return { id: active.id, form: active.form && formKey(active.form), name: active.name || active.type, part: part.id, summary: active.tagName === "SUMMARY" ? active.parentElement.id : "" };
}

function putBack(focus) {
  lost = null;
  if (!focus) return;
  const part = document.getElementById(focus.part);
  if (!part || part.contains(document.activeElement)) return;
  if (part.inert) {
    lost = focus;
    return;
  }
  const again = same(part, focus) ?? part.querySelector("h2, h3");
  if (!again) return;
  if (/^H\d$/.test(again.tagName)) again.tabIndex = -1;
  again.focus({ preventScroll: true });
}

function same(part, { id, form, name, summary }) {
  if (id) return part.querySelector(`#${CSS.escape(id)}`);
  if (summary) return part.querySelector(`#${CSS.escape(summary)} > summary`);
  if (!form) return null;
  const found = [...part.querySelectorAll("form")].find((candidate) => formKey(candidate) === form);
  return found && ([...found.elements].find((input) => (input.name || input.type) === name) ?? null);
}
