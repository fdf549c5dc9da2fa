// Looking for a title: by the letters on the screen, by a keyboard, or by what
// somebody writes on a phone.

import type { Host } from "./host";
import { asking } from "./people";
import { asleep, top } from "./state";
import type { Summary } from "./types";

const pauseMs = 140;
const longest = 40;
const most = 40; // titles

/** The screens on which what a phone writes is meant for something else, or for nothing. */
const busy: ReadonlySet<string> = new Set(["player", "profile", "welcome", "network", "buy"]);

/** Two letters; one is enough where a character is a word. */
export const minLetters = (s: string): number => (/[\u3400-\u9fff]/.test(s) ? 1 : 2);

export class Search {
  private dictated = false; // the focus goes to what was found: the letters are on the phone

  constructor(private readonly app: Host) {}

  type(text: string): void {
    this.dictated = false;
    this.look((this.app.state.query + text).slice(0, longest));
  }

  edit(key: "delete" | "clear" | "script"): void {
    const { plain, query } = this.app.state;
    if (key === "script") return this.app.store.set({ plain: !plain });
    this.look(key === "clear" ? "" : [...query].slice(0, -1).join(""));
  }

  /** What somebody writes on a phone is a search, wherever one can be begun. */
  dictate(text: string): void {
    const { state } = this.app;
    const { name } = top(state);
    if (asleep(state) || state.pad || asking(state) || busy.has(name)) return;
    this.app.stir();
    if (name !== "search") this.app.go("search");
    this.dictated = true;
    this.look([...text].slice(0, longest).join("").toLowerCase());
  }

  private look(query: string): void {
    const { app } = this;
    app.store.set({ query });
    const words = query.trim();
    if ([...words].length < minLetters(words)) {
      app.after("search", 0, () => app.store.set({ found: undefined }));
      return;
    }
    app.after("search", pauseMs, async () => {
      const got = await app.ask<{ titles?: Summary[] }>("catalog.search", { query: words, language: app.state.lang, limit: most });
      if (!got || app.state.query.trim() !== words) return;
      const titles = got.titles ?? [];
      const fresh = Object.fromEntries(titles.map((t) => [t.id, t]));
      app.store.set({ found: titles.map((t) => t.id), titles: { ...fresh, ...app.state.titles } });
      if (this.dictated && titles[0] && top(app.state).name === "search") app.point("search/found", titles[0].id);
    });
  }
}
