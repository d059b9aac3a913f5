// Board and inbox: rows moved through by keyboard, decided in place, chosen for moving together.
import { watchForms } from "./case-send.js";

const words = document.getElementById("case-words").dataset;
const told = document.getElementById("told");
const rows = () => [...document.querySelectorAll("tr[data-site]")];
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select";

const rowOf = (element) => element?.closest?.("tr[data-site]") ?? element?.closest?.(".panel-row")?.previousElementSibling;
const focusRow = (row) => row?.querySelector("[data-open]").focus();

function step(by) {
  const all = rows();
  const here = all.indexOf(rowOf(document.activeElement));
  focusRow(all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, here + by))]);
}

// ---- deciding in place ----

let opened = null;

function closePanel() {
  if (!opened) return false;
  const row = opened.previousElementSibling;
  opened.remove();
  opened = null;
  row.querySelector("[data-decide]")?.setAttribute("aria-expanded", "false");
  focusRow(row);
  return true;
}

async function decide(row) {
  const decider = row?.querySelector("[data-decide]");
  if (!decider) return;
  const wasHere = opened?.previousElementSibling === row;
  closePanel();
  if (wasHere) return;
  opened = document.createElement("tr");
  opened.className = "panel-row";
  const cell = opened.insertCell();
  cell.colSpan = 7;
  cell.textContent = words.loading;
  row.after(opened);
  decider.setAttribute("aria-expanded", "true");
  const mine = opened;
  const html = await fetch(`/cases/${row.dataset.site}/panel`).then((answer) => (answer.ok ? answer.text() : ""), () => "");
  if (opened !== mine) return;
  const panel = new DOMParser().parseFromString(html, "text/html").querySelector(".panel");
  if (!panel) {
    cell.textContent = words.failed;
    return;
  }
  cell.replaceChildren(panel);
  (panel.querySelector("summary") ?? panel.querySelector("a")).focus();
}

watchForms(document.querySelector("main"), (answer, form) => {
  const row = rowOf(form);
  const isSame = answer.state === row.querySelector(".state").textContent;
  row.classList.add("row-moved");
  const [, , , state, turn, due, act] = row.cells;
  state.querySelector(".state").textContent = answer.state;
  [turn.textContent, due.textContent] = [answer.turn, answer.due];
  turn.classList.remove("mine");
  told.textContent = words.moved.replace("{state}", answer.state).replace("{turn}", answer.turn);
  if (!isSame) act.replaceChildren();
  const all = rows();
  const next = all[all.indexOf(row) + 1];
  opened?.remove();
  opened = null;
  focusRow(isSame ? row : (next ?? row));
});

// ---- choosing several ----

const chosen = () => [...document.querySelectorAll(".choose input:checked")];
const bar = document.getElementById("bulk-bar");

function showChosen() {
  const ticked = chosen();
  const states = new Set(ticked.map((input) => rowOf(input).dataset.state));
  const note = document.getElementById("bulk-count");
  bar.classList.toggle("has-chosen", ticked.length > 0);
  bar.querySelector("button").disabled = ticked.length === 0 || states.size > 1;
  note.dataset.none ??= note.textContent;
  note.textContent = states.size > 1 ? note.dataset.mixed : ticked.length ? note.dataset.chosen.replace("{n}", ticked.length) : note.dataset.none;
}

if (bar) {
  document.addEventListener("change", (event) => event.target.closest(".choose") && showChosen());
  addEventListener("pageshow", showChosen);
  showChosen();
}

// ---- keys ----

const keys = document.getElementById("keys");
const showKeys = () => {
  keys.hidden = !keys.hidden;
  if (!keys.hidden) keys.focus();
};
const button = document.getElementById("show-keys");
button.hidden = false;
button.addEventListener("click", showKeys);

document.addEventListener("click", (event) => {
  const decider = event.target.closest("[data-decide]");
  if (!decider || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  decide(rowOf(decider));
});

const useKeys = document.getElementById("use-keys");
useKeys.checked = localStorage.getItem("letter-keys") !== "off";
useKeys.addEventListener("change", () => localStorage.setItem("letter-keys", useKeys.checked ? "on" : "off"));

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  e: () => decide(rowOf(document.activeElement) ?? rows()[0]),
  x: () => rowOf(document.activeElement)?.querySelector(".choose input").click(),
  "?": showKeys,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && closePanel()) return event.preventDefault();
  if (!useKeys.checked || event.target.closest(TYPING) || !ACTS[event.key]) return;
  event.preventDefault();
  ACTS[event.key]();
});
