// The page of a draft: its plan saves itself, its forms answer in place, its rows can be narrowed to those with problems.
import { createSaver } from "./application-save.js";
import { rememberParts, swap } from "./lists-swap.js";
import { number, say, tell } from "./lists-words.js";
import { forgetChosen } from "./selection.js";

const main = document.querySelector("main[data-application]");
const form = document.getElementById("plan");
const kept = () => JSON.parse(document.querySelector("#kept-data script").textContent);
let edited = new URLSearchParams(location.search).get("edit"); // the site whose own values are open
let only = "";
let levels = levelWords();

document.documentElement.classList.add("scripted");
if (["application-chosen", "application-joined"].includes(new URLSearchParams(location.search).get("done"))) forgetChosen();
rememberParts();
const saver = createSaver(form, {
  api: main.dataset.api,
  key: `draft ${main.dataset.person} ${main.dataset.application}`,
  kept: kept(),
  on: { saved: () => renew().catch(() => {}), read: async () => (await renew(), kept()), token: readToken },
});
showOnly();

const address = () => location.pathname + (edited ? `?edit=${edited}` : "");

/** Read the page again and renew its parts. */
async function renew() {
  const response = await fetch(address(), { headers: { Accept: "text/html" } });
  if (response.redirected || !response.ok) throw new Error("the page cannot be read");
  took(await response.text());
}

function took(html, options) {
  if (!swap(html, options)) return false;
  // What an act answered (and offers to undo) stays until the next act, however often the rest is renewed.
  if (options?.isAnswer) document.getElementById("answers").replaceWith(new DOMParser().parseFromString(html, "text/html").getElementById("answers"));
  showOnly();
  dispatchEvent(new Event("sites-renewed"));
  const words = levelWords();
  tell(words === levels ? document.getElementById("saved").textContent : (levels = words));
  return true;
}

function levelWords() {
  const counts = Object.fromEntries(["block", "warning", "ok"].map((level) => [level, number(document.querySelectorAll(`.site[data-level="${level}"]`).length)]));
  return say("apply.js.levels", counts);
}

/** The token of a session that was renewed in another window of the same person. */
async function readToken() {
  const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  const next = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("main[data-application]");
  return next?.dataset.person === main.dataset.person ? next.querySelector('[name="csrf"]').value : null;
}

// ---- forms that answer in place ----

document.addEventListener("submit", async (event) => {
  const sent = event.target;
  if (sent.classList.contains("send")) return sendAll(event);
  if (!sent.hasAttribute("data-swap") || event.defaultPrevented) return undefined;
  event.preventDefault();
  await post(sent, event.submitter);
  return undefined;
});

async function post(sent, submitter, isQuiet = false) {
  if (sent.ariaBusy === "true") return;
  sent.ariaBusy = "true";
  const slow = setTimeout(() => tell(say("apply.js.working")), 1000);
  try {
    await saver.settled();
    const content = new FormData(sent, submitter);
    const body = sent.enctype === "multipart/form-data" ? content : new URLSearchParams(content);
    const response = await fetch(sent.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const html = await response.text();
    if (response.status === 401) saver.lapse();
    else if (!took(html, { isAnswer: !isQuiet, sent: isQuiet ? null : response.ok ? sent : null })) sent.submit();
    else answered(isQuiet);
  } catch {
    tell(say("apply.js.offline"));
  } finally {
    clearTimeout(slow);
    sent.ariaBusy = null;
  }
}

function answered(isQuiet) {
  saver.adopt(kept());
  if (!isQuiet) document.querySelector("#answers .undo button")?.focus();
}

/** Everything typed is saved first; what cannot be is mended first. */
async function sendAll(event) {
  if (saver.isClean()) return;
  event.preventDefault();
  // What was typed while a save was on its way takes another one.
  for (let round = 0; round < 5 && !saver.isClean() && !saver.firstWrong(); round += 1) await saver.settled();
  const wrong = saver.firstWrong();
  if (wrong) {
    tell(say("apply.js.first"));
    wrong.focus();
  } else if (saver.isClean()) document.querySelector(".send").submit();
}

// ---- a site's own values ----

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.edit, a.edit-close");
  if (event.target.closest("summary")) event.target.closest("details").dataset.touched = "";
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest(".site").id;
  edited = new URL(link.href).searchParams.get("edit");
  await saver.settled();
  await renew().catch(() => location.assign(link.href));
  document.getElementById(row)?.querySelector(edited ? ".own-plan :is(textarea, select, input:not([type=hidden]))" : "a.edit")?.focus();
});

document.addEventListener("change", ({ target }) => {
  const own = target.closest?.(".own-plan");
  if (own) post(own, null, true);
});

// ---- which rows are shown ----

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-only]:is(button)");
  if (!button) return;
  only = button.dataset.only;
  showOnly();
  tell(say("apply.js.shown", { n: number([...document.querySelectorAll(".site")].filter((row) => !only || row.dataset.level !== "ok").length) }));
});

function showOnly() {
  const list = document.querySelector("ol.sites");
  if (only) list.dataset.only = only;
  else delete list.dataset.only;
  for (const button of document.querySelectorAll(".only button")) button.setAttribute("aria-pressed", String(button.dataset.only === only));
  const group = document.querySelector(".only");
  if (group) group.hidden = false;
}
