// Keyboard and pointer. A remote that is not a keyboard comes by the bridge.

import type { App } from "./app";
import { focusOn } from "./drawn";
import { fromKeyboard } from "./keys";
import { top } from "./state";

const wheelMs = 120;

/** Listens for as long as the page lives. */
export function listen(app: App): void {
  window.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    if (typed(app, e) || pressed(app, e)) e.preventDefault();
    refocus(app);
  });
  window.addEventListener("keyup", () => app.gate.release());
  window.addEventListener("focus", () => refocus(app));
  let turned = 0;
  window.addEventListener("wheel", (e) => {
    if (e.timeStamp - turned < wheelMs || Math.abs(e.deltaY) < 8) return;
    turned = e.timeStamp;
    app.stir();
    app.move(e.deltaY > 0 ? "down" : "up");
  }, { passive: true });
}

function pressed(app: App, e: KeyboardEvent): boolean {
  const command = fromKeyboard(e.key) ?? (e.key === " " ? "playpause" : undefined);
  return command !== undefined && app.press(command, e.repeat, e.timeStamp);
}

/** Letters of a keyboard are a search, wherever they are typed outside a film. */
function typed(app: App, e: KeyboardEvent): boolean {
  const { name } = top(app.state);
  if (name === "player" || e.isComposing) return false;
  if (app.state.pad) return padded(app, e.key);
  if (name === "profile") return named(app, e.key);
  if (name === "network") return app.state.parts.network?.typed(e.key) ?? false;
  if (name === "who" || name === "welcome") return false;
  if (name === "search" && e.key === "Backspace" && app.state.query !== "") {
    app.search.edit("delete");
    return true;
  }
  const letter = /^[\p{L}\p{N}\p{M}]$/u.test(e.key);
  if (!letter && !(name === "search" && e.key === " " && app.state.query)) return false;
  app.stir();
  if (name !== "search") {
    app.go("search");
    app.search.edit("clear"); // another search, not more of the last one
  }
  app.search.type(e.key.toLowerCase());
  return true;
}

/** Digits of a keyboard are a PIN while one is asked for; other letters are nothing then. */
function padded(app: App, key: string): boolean {
  if (/^[0-9]$/.test(key)) app.people.padKey(key);
  else if (key === "Backspace" && app.state.pad?.digits) app.people.padKey("delete");
  else return /^[\p{L}\p{M}]$/u.test(key);
  app.stir();
  return true;
}

/** Letters of a keyboard are the name of a profile while it is written. */
function named(app: App, key: string): boolean {
  if (!app.state.naming) return /^[\p{L}\p{N}\p{M}]$/u.test(key);
  if (key === "Backspace" && app.state.draft?.name) app.people.type("delete");
  else if (key === " ") app.people.type("space");
  else if (/^[\p{L}\p{N}\p{M}'-]$/u.test(key)) app.people.type(key);
  else return false;
  app.stir();
  return true;
}

/** The focus of the document is never lost, whatever took it. */
function refocus(app: App): void {
  const { place } = app.state;
  if (!place || (document.activeElement && document.activeElement !== document.body)) return;
  focusOn(place);
}
