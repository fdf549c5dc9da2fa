// The page's voice: what has the focus, and what happens, as one sentence in
// the page's language. The box says it aloud when the household has switched
// the voice on; browsers on boxes have no voices of their own.
//
// Nothing inside an element with data-quiet is said: a PIN stays unheard.

import type { App } from "./app";
import { say, type Lang } from "./text";
import { top } from "./state";

const settleMs = 120; // a key that is held says only where it ends
const longest = 380; // letters of a sentence

/** Begins to listen to the page. */
export function speakAloud(app: App): void {
  let last = "";
  let { place, parts } = app.state;
  let undrawn = false; // the part of the page that draws the place had not come yet
  let screen = "";
  const on = (): boolean => app.choices.value("speech") === "on" && app.state.link === "up";
  const utter = (text: string): void => {
    if (text) void app.ask("speech.say", { text: text.slice(0, longest), language: app.state.lang });
  };
  app.store.watch(() => {
    const same = app.state.place === place && !(undrawn && app.state.parts !== parts);
    if (same || !on()) return;
    ({ place, parts } = app.state);
    app.after("speech", settleMs, () => {
      const { name } = top(app.state);
      undrawn = document.activeElement === document.body;
      const sentence = describe(document.activeElement, last, app.state.lang);
      last = groupOf(document.activeElement);
      utter([name === screen ? "" : headline(), sentence].filter(Boolean).join(". "));
      screen = name;
    });
  });
  const news = new MutationObserver((changes) => {
    if (!on()) return;
    const told = changes.map((c) => (c.target instanceof Element ? c.target : c.target.parentElement)?.closest("[role=status], [role=alert]"));
    const text = told.find((e) => e && !e.closest("[data-quiet], .query") && e.textContent)?.textContent;
    if (text) app.after("news", settleMs * 2, () => utter(spaced(text)));
  });
  news.observe(document.body, { subtree: true, childList: true, characterData: true });
}

const spaced = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The heading of the present screen. */
const headline = (): string => spaced(document.querySelector("main:not([hidden]) h1, main:not([hidden]) h2")?.textContent ?? "");

/** What the element belongs to: a rail, a list, a dialogue. */
export function groupOf(e: Element | null): string {
  const group = e?.parentElement?.closest("[role=listbox], [role=group], [role=tablist], [role=dialog], nav");
  return spaced(group?.getAttribute("aria-label") ?? "");
}

/** An element in a sentence: where it is if that is new, what it is, and its state. */
export function describe(e: Element | null, lastGroup: string, lang: Lang): string {
  if (!e || e === document.body || e.closest("[data-quiet]")) return "";
  const group = groupOf(e);
  const of = (name: string): string => e.getAttribute(name) ?? "";
  const place = Number(of("aria-setsize")) > 1 ? say(lang, "speech.place", { n: of("aria-posinset"), of: of("aria-setsize") }) : "";
  const chosen = of("aria-pressed") === "true" || (of("role") === "tab" && of("aria-selected") === "true") ? say(lang, "speech.chosen") : "";
  return [group === lastGroup ? "" : group, spaced(of("aria-label") || e.textContent || ""), of("aria-valuetext"), chosen, place].filter(Boolean).join(", ");
}
