// Passkeys: asking the browser for one, and sending its answer with the form.
const signIn = document.getElementById("passkey-form");
const register = document.getElementById("passkey-new");

/** Let a form's submit first ask the browser; `ask(options)` answers a credential. */
function wire(form, address, ask) {
  const failure = form.querySelector("[role=alert]");
  const button = form.querySelector("button[type=submit]");
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    tell(failure, failure.dataset.unavailable);
    button.disabled = true;
    return;
  }
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failure.hidden = true;
    button.disabled = true;
    try {
      const { options, state } = await fetchOptions(form, address);
      const credential = await ask(options);
      form.elements.state.value = state;
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      button.disabled = false;
      // An address made of numbers has no name that a passkey could be bound to.
      tell(failure, error.name === "SecurityError" ? failure.dataset.unavailable : failure.dataset.failed);
    }
  });
}

async function fetchOptions(form, address) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value });
  const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function tell(element, words) {
  element.textContent = words;
  element.hidden = false;
}

if (signIn) {
  wire(signIn, "/sign-in/passkey/options", (options) =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
}
if (register) {
  wire(register, "/account/passkeys/options", (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));
}
