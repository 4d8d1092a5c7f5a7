// Passkeys: <form data-passkey="get|create" data-passkey-from="/…/challenge" data-passkey-host="https://…">.
// Asks the server what to ask, asks the browser, puts the answer into the form's hidden fields and sends the form.
// data-passkey-auto offers passkeys in the name field as well. Words come from the form's data-said-… attributes.

const forms = [...document.querySelectorAll("form[data-passkey]")];
const supported = typeof window.PublicKeyCredential === "function" && navigator.credentials;
let waiting = null;

for (const form of forms) form.addEventListener("submit", (event) => {
  // An answer is sent once: pressing again while the page is leaving must not send it a second time.
  if (form.dataset.passkeyDone === "yes") return void (form.dataset.passkeyDone = "sent");
  event.preventDefault();
  if (!form.dataset.passkeyDone) press(form);
});

const offered = forms.find((form) => "passkeyAuto" in form.dataset);
if (offered && here(offered) && supported && PublicKeyCredential.isConditionalMediationAvailable) offer(offered);

async function offer(form) {
  try {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable())) return;
    const question = await ask(form);
    waiting = new AbortController();
    const signal = waiting.signal;
    const credential = await navigator.credentials.get({ mediation: "conditional", publicKey: question.publicKey, signal });
    send(form, question, credential);
  } catch {
    // Nobody pressed anything: nothing is said.
  }
}

async function press(form) {
  if (!here(form)) return say(form, form.dataset.saidHost + form.dataset.passkeyHost);
  if (!supported) return say(form, form.dataset.saidUnsupported);
  waiting?.abort();
  waiting = null;
  say(form, form.dataset.saidWorking);
  let question;
  try {
    question = await ask(form);
  } catch {
    return say(form, form.dataset.saidFailed);
  }
  try {
    const { publicKey } = question;
    const create = form.dataset.passkey === "create";
    const credential = await navigator.credentials[create ? "create" : "get"]({ publicKey });
    send(form, question, credential);
  } catch (error) {
    if (error.name === "InvalidStateError") say(form, form.dataset.saidPresent);
    else if (error.name === "NotAllowedError" || error.name === "AbortError") say(form, form.dataset.saidCancelled);
    else say(form, form.dataset.saidFailed);
  }
}

function here(form) {
  return location.origin === form.dataset.passkeyHost;
}

function say(form, text) {
  const place = form.querySelector("[data-passkey-said]");
  place.textContent = text;
  place.hidden = false;
}

async function ask(form) {
  const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
  const headers = { Accept: "application/json", "X-Form-Token": token };
  const answer = await fetch(form.dataset.passkeyFrom, { method: "POST", headers });
  if (!answer.ok) throw new Error(String(answer.status));
  const question = await answer.json();
  const options = question.publicKey;
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const known of list ?? []) known.id = bytes(known.id);
  return question;
}

function send(form, question, credential) {
  const { response } = credential;
  const answer = {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    extensions: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(response.clientDataJSON) },
  };
  if (response.attestationObject) {
    answer.response.attestationObject = text(response.attestationObject);
    answer.response.transports = response.getTransports?.() ?? [];
  } else {
    answer.response.authenticatorData = text(response.authenticatorData);
    answer.response.signature = text(response.signature);
    answer.response.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  form.querySelector("[data-passkey-ceremony]").value = question.ceremony;
  form.querySelector("[data-passkey-credential]").value = JSON.stringify(answer);
  form.dataset.passkeyDone = "yes";
  form.requestSubmit();
}

function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
