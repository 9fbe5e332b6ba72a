// Shows the screen the kiosk pushes and sends what is pressed. Keeps nothing: a PIN is in its input until it is sent.
"use strict";

const stage = document.getElementById("stage");

let shown = null;

/**
 * Puts a screen on the stage and reads it out: the heading takes the focus, or the input that waits for digits. One that is there
 * already, sent again after a lost line, stays as it is: digits typed meanwhile are not lost.
 */
function show(html) {
  if (html === shown) return;
  shown = html;
  const kept = document.activeElement?.closest("footer") ? mark(document.activeElement) : null;
  const before = stage.querySelector("main")?.dataset;
  const same = [before?.screen, stage.querySelector("h1")?.textContent].join();
  stage.innerHTML = html;
  const main = stage.querySelector("main");
  document.documentElement.lang = main.lang;
  document.documentElement.dataset.comfort = main.dataset.comfort;
  document.title = `${main.querySelector("h1").textContent} - onshi`;
  const stays = same === [main.dataset.screen, main.querySelector("h1").textContent].join();
  const again = stays && kept && stage.querySelector(kept);
  (again || stage.querySelector("#pin") || main.querySelector("h1")).focus();
}

/** Finds a button of the bar again on the next screen. */
function mark(button) {
  return button.name ? `footer form[action="${button.form.getAttribute("action")}"] [name="${button.name}"]` : null;
}

function goOffline() {
  shown = null;
  // In the language of the screen that was there, with Japanese below any other.
  const offline = document.getElementById(`offline-${document.documentElement.lang}`);
  stage.replaceChildren(offline.content.cloneNode(true));
  stage.querySelector("h1").focus();
}

let source = null;

/** Hears of screens. A new stream begins with the one that is shown now. */
function listen() {
  source?.close();
  const stream = new EventSource("/events");
  source = stream;
  stream.addEventListener("screen", (event) => {
    if (stream === source) show(event.data);
  });
  stream.addEventListener("error", () => {
    if (stream !== source) return;
    goOffline();
    // Refused: this browser is not known to the kiosk (any more), and the page says so.
    if (stream.readyState === EventSource.CLOSED) location.reload();
  });
}

listen();

async function send(action, body) {
  try {
    await fetch(action, { method: "POST", body, headers: { "x-onshi-script": "1" } });
  } catch {
    goOffline();
    // The stream may stand all the same and would tell of nothing until the screen changes.
    listen();
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const pin = form.querySelector("#pin");
  if (pin) pin.value = "";
  send(form.getAttribute("action"), body);
});

document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  const pin = document.getElementById("pin");
  if (!key || !pin) return;
  type(pin, key);
  // Where keys are touched the input keeps the focus; where they are chosen by keyboard the key does.
  if (event.detail !== 0) pin.focus();
});

// A tactile keypad types wherever the focus is; Enter on a button presses that button.
document.addEventListener("keydown", (event) => {
  const pin = document.getElementById("pin");
  if (!pin || document.activeElement === pin || event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^[0-9]$/.test(event.key)) type(pin, event.key);
  else if (event.key === "Backspace") type(pin, "delete");
  else if (event.key === "Enter" && document.activeElement?.tagName !== "BUTTON") pin.form.requestSubmit();
  else return;
  event.preventDefault();
});

function type(pin, key) {
  if (key === "delete") pin.value = pin.value.slice(0, -1);
  else if (pin.value.length < 4) pin.value += key;
}

// That somebody is there is told now and then, not at every touch.
let told = 0;
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    if (performance.now() - told < 3000) return;
    told = performance.now();
    send("/touch", new URLSearchParams());
  });
}

if (stage.querySelector("#pin")) stage.querySelector("#pin").focus();
