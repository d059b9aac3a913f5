// A plan that saves itself: at each field's end, with what is not saved yet kept in this browser; nobody's change is lost.
import { say } from "./lists-words.js";

const NAMES = ["title", "purpose", "technology", "bands", "equipment_class", "width_mm", "height_mm", "depth_mm", "weight_kg", "power_kva", "antenna_height_m", "sharing_intent", "is_new_structure", "desired_quarter", "note"];
const AGAIN_MS = 5000;
const times = new Intl.DateTimeFormat("ja", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });

/** 14:32 of an ISO instant, in Tokyo. */
export const timeOf = (instant) => times.format(new Date(instant));

/** A value of a plan as its input holds it. */
function textOf(value) {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

const textsOf = ({ title, plan }) => Object.fromEntries(NAMES.map((name) => [name, (name === "title" ? title : textOf(plan[name])).replaceAll("\r\n", "\n")]));

/** What an input holds as the API takes it. */
function valueOf(name, text) {
  const plain = text.normalize("NFKC").trim();
  if (plain === "") return null;
  if (name === "bands") return plain.split(/[,、;\n]+/).map((band) => band.trim()).filter(Boolean);
  return /_(mm|kg|kva|m)$/.test(name) ? plain.replaceAll(",", "") : text.trim();
}

/** What a text stands for, however it is written: "１２０" and "120.0" are the same weight. */
function meant(name, text) {
  const value = valueOf(name, text);
  const isNumber = typeof value === "string" && value !== "" && /_(mm|kg|kva|m)$/.test(name) && Number.isFinite(Number(value));
  return isNumber ? String(Number(value)) : textOf(value);
}

/**
 * Keep a form saved. `kept` is {version, title, updated_at, plan} as the page came; `on` holds saved(), read() (which
 * answers what the server has now, or throws), lapsed(). Returns {settled(), adopt(kept), isClean(), lapse()}.
 */
export function createSaver(form, { api, key, kept, on }) {
  const input = (name) => form.elements[name];
  const mark = document.getElementById("saved");
  let base = kept;
  let stopped = ""; // "lapsed", "conflict", "gone": nothing is sent until somebody chooses
  let running = null;
  let again = 0;
  const wrong = new Set();
  let accepted = {}; // what was typed where the server understood it: "６００" stands for 600

  const typed = () => Object.fromEntries(NAMES.map((name) => [name, input(name).value]));
  const changed = () => NAMES.filter((name) => meant(name, input(name).value) !== meant(name, textsOf(base)[name]) && input(name).value !== accepted[name]);

  // ---- what is not saved yet stays in this browser ----
  function keep() {
    const names = changed();
    if (!names.length) return localStorage.removeItem(key);
    const mine = typed();
    localStorage.setItem(key, JSON.stringify({ base: textsOf(base), typed: Object.fromEntries(names.map((name) => [name, mine[name]])) }));
    return undefined;
  }

  function restore() {
    const left = JSON.parse(localStorage.getItem(key) ?? "null");
    if (!left) return;
    const mine = { ...left.base, ...left.typed };
    const back = Object.keys(left.typed).filter((name) => meant(name, textsOf(base)[name]) !== meant(name, mine[name]));
    const clashes = merge(left.base, mine, textsOf(base));
    if (clashes.length) return tellConflict(clashes);
    if (back.length) notice(say("apply.js.restored"), list(back.map(labelOf)));
    save();
  }

  /** Put both sides' changes into the form; what both changed differently keeps mine and is returned. */
  function merge(before, mine, theirs) {
    accepted = {};
    const clashes = [];
    const taken = [];
    for (const name of NAMES) {
      const [was, own, other] = [before, mine, theirs].map((texts) => meant(name, texts[name]));
      const isMine = own !== was && own !== other;
      const isTheirs = other !== was;
      input(name).value = isMine ? mine[name] : theirs[name];
      if (isMine && isTheirs) clashes.push({ name, mine: mine[name], theirs: theirs[name] });
      else if (isTheirs && own !== other) taken.push(name);
    }
    if (taken.length && !clashes.length) notice(say("apply.js.theirs", { time: timeOf(base.updated_at) }), list(taken.map(labelOf)));
    return clashes;
  }

  // ---- saving ----
  function save() {
    clearTimeout(again);
    if (stopped || running) return running ?? Promise.resolve();
    if (!changed().some((name) => !wrong.has(name))) {
      showMark();
      return Promise.resolve();
    }
    running = send().finally(() => (running = null));
    return running.then(() => (changed().some((name) => !wrong.has(name)) && !stopped && !again ? save() : undefined));
  }

  function body() {
    const texts = typed();
    const plan = {};
    for (const name of NAMES.slice(1)) plan[name] = wrong.has(name) ? base.plan[name] ?? null : valueOf(name, texts[name]);
    const title = texts.title.trim();
    return title && title !== base.title ? { title, plan } : { plan };
  }

  async function send() {
    again = 0;
    const sent = typed();
    mark.textContent = say("apply.js.saving");
    let response;
    try {
      response = await fetch(api, {
        method: "PATCH",
        headers: { "Content-Type": "application/json", "If-Match": `"${base.version}"`, "X-CSRF-Token": form.elements.csrf.value, Accept: "application/json" },
        body: JSON.stringify(body()),
      });
    } catch {
      return later(say("apply.js.offline"));
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return taken(answer, sent);
    if (response.status === 412) return overtaken();
    if (response.status === 422) return refused(answer);
    if (response.status === 401 || response.status === 403) return lapse(response.status);
    if (response.status === 404 || response.status === 409) return gone();
    return later(say("apply.js.failed"));
  }

  async function taken(answer, sent) {
    accepted = sent;
    for (const name of wrong) delete accepted[name];
    base = { version: answer.version, title: answer.title, updated_at: answer.updated_at, plan: answer.plan };
    for (const name of NAMES) {
      // What the server understood stands where it means what was typed (full-width digits, blanks).
      if (!wrong.has(name) && document.activeElement !== input(name) && input(name).value === sent[name]) input(name).value = textsOf(base)[name];
    }
    keep();
    hideNotice("offline");
    showMark();
    if (base.title) document.querySelector("main h1").textContent = base.title;
    for (const one of document.querySelectorAll('#plan [name="version"], #summary [name="version"]')) one.value = base.version;
    await on.saved();
  }

  /** Somebody saved in between: take over what only they changed, ask about what both did. */
  async function overtaken() {
    const before = textsOf(base);
    const mine = typed();
    try {
      base = await on.read();
    } catch {
      return later(say("apply.js.failed"));
    }
    const clashes = merge(before, mine, textsOf(base));
    keep();
    if (clashes.length) return tellConflict(clashes);
    return undefined; // `save` goes on with what is still mine
  }

  function refused({ errors = [], detail }) {
    const names = errors.map(({ pointer = "" }) => pointer.split("/").find((part) => NAMES.includes(part))).filter(Boolean);
    const fresh = names.filter((name) => !wrong.has(name));
    for (const name of fresh) showWrong(name, true);
    if (!fresh.length) return later(detail ?? say("apply.js.failed"));
    showMark();
    return undefined; // the rest is saved without them
  }

  function later(words) {
    keep();
    mark.className = "saved unsaved";
    mark.textContent = say("apply.js.unsaved");
    notice(words, button("apply.js.retry", () => save()));
    document.getElementById("trouble").dataset.why = "offline";
    again = setTimeout(() => ((again = 0), save()), AGAIN_MS);
  }

  /** The session ended, or was renewed in another window: then its token is taken over and nothing is asked. */
  async function lapse(status) {
    keep();
    const token = status === 403 ? await on.token().catch(() => null) : null;
    if (token && token !== form.elements.csrf.value) {
      for (const one of document.querySelectorAll('main [name="csrf"]')) one.value = token;
      return undefined;
    }
    stopped = "lapsed";
    mark.className = "saved unsaved";
    mark.textContent = say("apply.js.unsaved");
    const way = document.createElement("a");
    way.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
    way.textContent = say("apply.js.sign_in");
    notice(say("apply.js.lapsed", { time: timeOf(base.updated_at) }), " ", way);
    return undefined;
  }

  function gone() {
    stopped = "gone";
    notice(say("apply.js.gone"), button("apply.js.reload", () => location.reload()));
  }

  function tellConflict(clashes) {
    stopped = "conflict";
    mark.className = "saved unsaved";
    mark.textContent = say("apply.js.unsaved");
    const shown = ({ name, mine, theirs }) => say("apply.js.conflict.one", { field: labelOf(name), mine: wordOf(name, mine), theirs: wordOf(name, theirs) });
    const go = (isMine) => () => {
      if (!isMine) for (const { name, theirs } of clashes) input(name).value = theirs;
      stopped = "";
      hideNotice();
      keep();
      save();
    };
    notice(say("apply.js.conflict", { time: timeOf(base.updated_at) }), list(clashes.map(shown)), button("apply.js.keep_mine", go(true)), button("apply.js.take_theirs", go(false)));
  }

  // ---- what the page says ----
  const labelOf = (name) => form.querySelector(`label[for="plan-${name}"]`).firstChild.textContent.trim();
  function wordOf(name, text) {
    const option = [...(input(name).options ?? [])].find((one) => one.value === text);
    return (option ? option.textContent : text) || say("apply.js.empty");
  }

  function showWrong(name, isWrong) {
    if (isWrong) wrong.add(name);
    else wrong.delete(name);
    const error = document.getElementById(`plan-${name}-error`);
    if (!error) return;
    input(name).toggleAttribute("aria-invalid", isWrong);
    if (isWrong) input(name).setAttribute("aria-invalid", "true");
    error.textContent = isWrong ? form.querySelector(`[data-field="${name}"]`).dataset.takes : "";
    error.hidden = !isWrong;
  }

  function showMark() {
    mark.className = wrong.size ? "saved unsaved" : "saved";
    mark.textContent = wrong.size ? say("apply.js.wrong") : say("apply.js.saved", { time: timeOf(base.updated_at) });
  }

  form.addEventListener("input", ({ target }) => {
    if (NAMES.includes(target.name)) showWrong(target.name, false);
    keep();
  });
  form.addEventListener("change", () => save());
  form.addEventListener("submit", (event) => (event.preventDefault(), save()));
  addEventListener("online", () => save());
  document.addEventListener("visibilitychange", () => document.hidden && save());
  restore();

  return {
    async settled() {
      while (running) await running;
      await save();
    },
    /** The page was read anew for another reason: what somebody else saved comes in. */
    adopt(next) {
      if (next.version === base.version) return;
      const before = textsOf(base);
      const mine = typed();
      base = next;
      const clashes = merge(before, mine, textsOf(base));
      keep();
      if (clashes.length) tellConflict(clashes);
    },
    isClean: () => !changed().length && !wrong.size,
    firstWrong: () => [...wrong].map((name) => input(name))[0],
    lapse: () => lapse(401),
  };
}

function notice(...children) {
  const place = document.getElementById("trouble");
  delete place.dataset.why;
  place.replaceChildren(...children);
  place.hidden = false;
}

function hideNotice(why) {
  const place = document.getElementById("trouble");
  if (!why || place.dataset.why === why) place.hidden = true;
}

function button(key, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: say(key), onclick: act });
  return made;
}

function list(lines) {
  const made = document.createElement("ul");
  made.append(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  return made;
}
