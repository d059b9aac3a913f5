// Sending a form of a case without losing the page: what is wrong is said where it belongs, files stay chosen.
const words = document.getElementById("case-words").dataset;

/** Send every form marked `data-case-form` under `root` this way; `done(answer, form)` after the server did it. */
export function watchForms(root, done) {
  root.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-case-form]");
    if (!form) return;
    event.preventDefault();
    send(form, event.submitter, done);
  });
}

async function send(form, button, done) {
  const label = button?.textContent;
  clear(form);
  if (button) [button.disabled, button.textContent] = [true, words.sending];
  let answer = null;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form, button?.disabled ? null : button), headers: { Accept: "application/json" }, redirect: "manual" });
  } catch {
    tell(form, words.unreachable);
  }
  if (button) [button.disabled, button.textContent] = [false, label];
  if (!answer) return;
  // Anything but JSON is a page of its own: signed out meanwhile, or a form that came too late. The plain way leads there.
  if (!answer.headers.get("content-type")?.includes("json")) return form.submit();
  const said = await answer.json();
  if (answer.ok) done(said, form);
  else refuse(form, said);
}

function clear(form) {
  for (const place of form.querySelectorAll("[data-fault]")) place.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  form.querySelector("[data-problem]")?.setAttribute("hidden", "");
}

function refuse(form, said) {
  const faulty = [];
  for (const [name, fault] of Object.entries(said.faults ?? {})) {
    const place = form.querySelector(`[data-fault="${CSS.escape(name)}"]`);
    if (!place) continue;
    place.textContent = fault;
    place.hidden = false;
    place.closest("details.more")?.setAttribute("open", "");
    const input = form.elements[name];
    const first = input instanceof RadioNodeList ? input[0] : input;
    first?.setAttribute("aria-invalid", "true");
    if (first) faulty.push(first);
  }
  tell(form, said.problem ?? said.detail, said.stale);
  faulty[0]?.focus();
}

/** Say on top of a form's button what went wrong; after a move of somebody else, with the way to what it is now. */
function tell(form, problem, stale) {
  const box = form.querySelector("[data-problem]");
  if (!box) return;
  box.replaceChildren(stale ? `${words.stale} ${stale} ` : problem);
  if (stale) {
    const reload = document.createElement("button");
    reload.type = "button";
    reload.textContent = words.reload;
    reload.addEventListener("click", () => reloadWithText(form));
    box.append(reload);
  }
  box.hidden = false;
  box.focus();
}

/** The page as it is now, with all that was typed in its place. */
function reloadWithText(form) {
  const mark = document.createElement("input");
  Object.assign(mark, { type: "hidden", name: "reload", value: "1" });
  form.append(mark);
  form.noValidate = true;
  form.submit();
}
