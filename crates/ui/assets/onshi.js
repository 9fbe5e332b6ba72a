// The few things a page does by itself. Everything else works without it; a control it serves is hidden until it runs.
"use strict";
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
