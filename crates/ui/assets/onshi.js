// The few things a page does by itself. Everything else works without it; a control it serves is hidden until it runs.
"use strict";
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A page with news has its live part written anew when they come; without this script it is read again by itself. It begins when
// htmx, which loads before, has begun: news that came earlier would be lost.
document.addEventListener("DOMContentLoaded", () => {
  const live = document.querySelector("[data-live]");
  if (!live) {
    return;
  }
  const source = new EventSource(live.dataset.live);
  const told = live.querySelector("[data-told]");
  const lost = live.querySelector("[data-lost]");
  const renew = () => {
    // Whoever is choosing from a list keeps it; what came meanwhile is shown afterwards.
    const busy = document.activeElement;
    if (busy && busy.matches("#live select")) {
      busy.addEventListener("blur", renew, { once: true });
    } else {
      // Of the element that stays: news that come while a part is fetched wait with it.
      htmx.trigger(live, "onshi:news");
    }
  };
  // Where many looks would cost much, news that come close together are looked at once, the last of them too.
  const pause = Number(live.dataset.pause || 0);
  let next = 0;
  let waits = false;
  const look = () => {
    const left = next - performance.now();
    if (left <= 0) {
      next = performance.now() + pause;
      renew();
    } else if (!waits) {
      waits = true;
      setTimeout(() => {
        waits = false;
        look();
      }, left);
    }
  };
  const stands = (is) => {
    if (lost) {
      lost.hidden = is;
    }
  };
  source.addEventListener("connected", () => {
    stands(true);
    look();
  });
  // A part that shows checks alone is not written anew at every step of a reader.
  const kinds = live.dataset.news || "reader release settings check rotation consent_withdrawn emergency";
  for (const kind of kinds.split(" ")) {
    source.addEventListener(kind, look);
  }
  source.addEventListener("card_check", (event) => {
    if (told && JSON.parse(event.data).state !== "opened") {
      told.textContent = told.dataset.told + " " + new Date().toLocaleTimeString(document.documentElement.lang);
    }
    look();
  });
  // Gone to and not read again: of a page that answered a form the browser would ask whether to send it once more.
  const leave = () => {
    source.close();
    location.replace(document.querySelector("[data-lock]").dataset.here);
  };
  source.addEventListener("ended", leave);
  source.addEventListener("locked", leave);
  source.addEventListener("lost", () => stands(false));
  source.addEventListener("error", () => stands(false));
});

// Alerts of a part that is written anew are spoken when they come, not again whenever the part is written.
for (const region of document.querySelectorAll("[data-spoken]")) {
  const speak = () => {
    const alerts = [...document.querySelectorAll(region.dataset.spoken)];
    const texts = new Set(alerts.map((it) => it.textContent.replace(/\s+/g, " ").trim()));
    for (const line of [...region.children]) {
      if (!texts.delete(line.textContent)) {
        line.remove();
      }
    }
    for (const text of texts) {
      const line = document.createElement("p");
      line.textContent = text;
      region.append(line);
    }
  };
  speak();
  document.addEventListener("htmx:afterSwap", speak);
}

// Whoever stood on something that a part written anew has no more is led to the part's title, not to the beginning of the page.
let stoodInLive = false;
document.addEventListener("htmx:beforeSwap", () => {
  const stands = document.activeElement;
  stoodInLive = stands !== null && stands.matches("#live *");
});
document.addEventListener("htmx:afterSwap", () => {
  const title = document.querySelector("#live [tabindex='-1']");
  const stands = document.activeElement;
  if (stoodInLive && title && (stands === null || stands === document.body)) {
    title.focus();
  }
});

// A passkey is made and used by the browser's own dialog: the form carries what it is asked, and takes what it answers.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const begin = form.querySelector("[data-passkey-begin]");
  const failed = form.querySelector("[data-passkey-failed]");
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseCreationOptionsFromJSON) {
    failed.hidden = false;
    continue;
  }
  begin.hidden = false;
  begin.addEventListener("click", async () => {
    const asked = JSON.parse(form.dataset.options).publicKey;
    try {
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}

// The server locks the screen. A page that is open asks whether it did and leaves in its own place, so that the back button finds
// nothing; it tells the server that somebody types or points. Without this script the page leaves when its minutes are over.
document.addEventListener("DOMContentLoaded", () => {
  const lock = document.querySelector("[data-lock]");
  if (!lock) {
    return;
  }
  const look = async () => {
    const answer = await fetch("/lock/state").catch(() => null);
    if (answer && answer.ok && (await answer.text()) !== lock.dataset.lock) {
      location.replace(lock.dataset.here);
    }
  };
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  if (lock.dataset.lock === "locked") {
    return;
  }
  let told = performance.now();
  const act = () => {
    if (told + 30000 < performance.now()) {
      told = performance.now();
      fetch("/lock/active", { method: "POST" }).then(look, look);
    }
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(kind, act, { passive: true });
  }
});
