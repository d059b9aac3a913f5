// Forms: showing a password, copying a token, and putting back what was typed when a session lapsed on the way.
const TYPED = "typed";
const RESTORE = "restore";
const main = document.querySelector("main");

for (const button of document.querySelectorAll("[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals);
  const show = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(hidden));
    button.textContent = hidden ? button.dataset.hide : show;
  });
  // A shown password must not stay in the browser's list of typed texts.
  input.form.addEventListener("submit", () => (input.type = "password"));
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    source.select();
    await navigator.clipboard.writeText(source.value);
    button.textContent = button.dataset.done;
  });
}

document.getElementById("problem")?.focus();

const typedInputs = (form) =>
  [...form.elements].filter((input) => input.name && !["password", "hidden", "submit", "button", "fieldset", "file"].includes(input.type));

function remember(form) {
  const fields = typedInputs(form).map((input) => [input.name, input.type === "checkbox" || input.type === "radio" ? [input.value, input.checked] : input.value]);
  const typed = { person: main.dataset.person, page: location.pathname, action: form.getAttribute("action"), fields };
  sessionStorage.setItem(TYPED, JSON.stringify(typed));
}

function putBack(typed) {
  const form = [...document.forms].find((candidate) => candidate.getAttribute("action") === typed.action);
  if (!form) return;
  const inputs = typedInputs(form);
  for (const [name, value] of typed.fields) {
    const input = inputs.find((candidate) => candidate.name === name && (!Array.isArray(value) || candidate.value === value[0]));
    if (!input) continue;
    if (Array.isArray(value)) input.checked = value[1];
    else input.value = value;
  }
  form.closest("details")?.setAttribute("open", "");
  document.getElementById("restored").hidden = false;
  inputs[0]?.focus();
}

for (const form of document.querySelectorAll('form[method="post"]:not([data-unkept])')) {
  form.addEventListener("submit", () => remember(form));
}

function forget() {
  sessionStorage.removeItem(TYPED);
  sessionStorage.removeItem(RESTORE);
}

if (main?.hasAttribute("data-lapsed") && sessionStorage.getItem(TYPED)) {
  // The form's own page takes the text back, so the sign-in need not carry it.
  sessionStorage.setItem(RESTORE, "1");
  for (const input of document.querySelectorAll("[data-kept]")) input.remove();
} else if (main && !main.hasAttribute("data-sign-in")) {
  const typed = JSON.parse(sessionStorage.getItem(TYPED) ?? "null");
  const restore = sessionStorage.getItem(RESTORE) && typed?.page === location.pathname && typed.person === main.dataset.person;
  forget();
  if (restore) putBack(typed);
}
