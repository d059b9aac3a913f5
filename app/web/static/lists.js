// Pages of lists: files are dropped, forms answer in place, and the page of an upload follows the work on it.
import { rememberParts, showUnsaved, swap } from "./lists-swap.js";
import { enableDrops } from "./lists-upload.js";
import { number, say, tell } from "./lists-words.js";

const POLL_MS = 700;
const WORKING = ["waiting", "examining", "publishing"];
const ENDS = { examined: "lists.js.ready", refused: "lists.js.refused", published: "lists.js.published" };

const main = document.querySelector("main[data-list]");
const page = () => location.pathname;
let stamp = ""; // what the page was last drawn from
let began = null; // {step, at, done}: for the time that is left
let timer = 0;

enableDrops();
if (main) follow();

function follow() {
  rememberParts();
  enableCopying();
  document.addEventListener("submit", answerInPlace);
  document.addEventListener("change", ({ target }) => {
    if (target.hasAttribute?.("data-now")) target.form.requestSubmit();
    else if (target.form) showUnsaved(target.form);
  });
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("summary");
    if (summary) summary.parentElement.dataset.touched = "";
    const more = event.target.closest("a[data-more]");
    if (more) showAllPlaces(event, more);
  });
  openNamedStep();
  addEventListener("hashchange", openNamedStep);
  if (WORKING.includes(main.dataset.state)) poll();
}

/** A link to a step opens it. */
function openNamedStep() {
  const details = /^#step-\w+$/.test(location.hash) && document.querySelector(`${location.hash} > details`);
  if (details) details.open = true;
}

// --- following the work -------------------------------------------------------------------------------------------------

async function poll() {
  clearTimeout(timer);
  let wait = POLL_MS;
  try {
    const response = await fetch(main.dataset.list, { headers: { Accept: "application/json" } });
    if (response.status === 401 || response.status === 404) return location.reload();
    if (!response.ok) wait = 1000 * Number(response.headers.get("Retry-After") ?? 3);
    else if (!(await showWork(await response.json()))) return;
  } catch {
    wait = 3000;
    showWords(say("lists.js.offline"));
  }
  timer = setTimeout(poll, wait);
}

/** Show how far the work is; true while there is more to come. */
async function showWork(found) {
  const drawn = [found.state, found.version, ...Object.keys(found.report ?? {}).sort()].join();
  if (drawn !== stamp) {
    const response = await fetch(page(), { headers: { Accept: "text/html" } });
    if (response.redirected || !response.ok || !swap(await response.text())) {
      location.reload();
      return false;
    }
    stamp = drawn;
  }
  const isWorking = WORKING.includes(found.state);
  if (isWorking) showProgress(found.progress ?? { step: "waiting" });
  else {
    began = null;
    tell(say(ENDS[found.state] ?? ""));
  }
  return isWorking;
}

function showProgress({ step, done, total }) {
  const at = performance.now();
  if (began?.step !== step) {
    began = { step, at, done: done ?? 0 };
    tell(say(`lists.progress.${step}`));
  }
  const rows = done ? say("lists.progress.rows", { done: number(done) }) : "";
  const about = done && total ? ` / ${say("lists.progress.about", { total: number(Math.max(total, done)) })}` : "";
  showWords([say(`lists.progress.${step}`), rows + about, timeWords(at, done, total)].filter(Boolean).join(" "));
  const bar = document.querySelector("#working progress");
  if (bar && done && total) bar.value = Math.min(100, (100 * done) / total);
  else bar?.removeAttribute("value");
}

/** How long it has taken, or how long it will take where that can be told. */
function timeWords(at, done, total) {
  const seconds = (at - began.at) / 1000;
  const gone = (done ?? 0) - began.done;
  if (seconds > 2 && gone > 0 && total > done) {
    const left = ((total - done) / gone) * seconds;
    return left < 90 ? say("lists.progress.left", { s: number(Math.max(1, Math.round(left))) }) : say("lists.progress.left.minutes", { m: number(Math.round(left / 60)) });
  }
  return seconds > 2 ? say("lists.progress.elapsed", { s: number(Math.round(seconds)) }) : "";
}

function showWords(text) {
  const place = document.querySelector("#working [data-words]");
  if (place) place.textContent = text;
}

// --- forms that answer in place -----------------------------------------------------------------------------------------

async function answerInPlace(event) {
  const form = event.target;
  if (!form.hasAttribute("data-swap") || event.defaultPrevented) return;
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    const { response, html } = await post(form);
    const isOurs = new URL(response.url).pathname.startsWith(page());
    if (!isOurs || !swap(html, { isAnswer: true, sent: response.ok ? form : null })) return form.submit(); // leads through the sign-in
    stamp = "";
    if (WORKING.includes(main.dataset.state)) poll();
  } catch {
    showProblem(say("lists.js.offline.send"));
  } finally {
    form.ariaBusy = null;
  }
}

/** Send a form; one that only the work on the file itself overtook is sent again with the page's new version. */
async function post(form, again = WORKING.includes(main.dataset.state)) {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
  const html = await response.text();
  const version = /data-version="(\d+)"/.exec(html)?.[1];
  if (response.status !== 412 || !again || !version) return { response, html };
  form.elements.version.value = version;
  return post(form, false);
}

function showProblem(words) {
  const problem = document.createElement("p");
  Object.assign(problem, { className: "notice bad", id: "problem", role: "alert", tabIndex: -1, textContent: words });
  document.getElementById("said").replaceChildren(problem);
  problem.focus();
}

/** All cells of a rule in the place of the first few. */
async function showAllPlaces(event, link) {
  event.preventDefault();
  if (link.ariaBusy === "true") return undefined; // pressed twice: the next rows are on their way
  link.ariaBusy = "true";
  const address = link.href;
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) return location.assign(address);
  link.ariaBusy = null;
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  const rows = [...next.querySelectorAll("#findings tbody tr")];
  const body = link.closest("details").querySelector("tbody");
  if (link.hasAttribute("data-next")) body.append(...rows);
  else body.replaceChildren(...rows);
  tell(say("lists.js.shown", { n: number(body.rows.length) }));
  const further = next.querySelector("[data-next]");
  const first = rows[0]?.querySelector("th");
  if (first) Object.assign(first, { tabIndex: -1 }).focus();
  if (!further) return link.parentElement.remove();
  link.href = new URL(further.getAttribute("href"), address).href;
  link.textContent = further.textContent;
  link.dataset.next = "";
}

function enableCopying() {
  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => (button.hidden = !navigator.clipboard));
  show();
  new MutationObserver(show).observe(main, { childList: true, subtree: true });
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}
