// What opens over a film: sound and subtitles and how these look, chapters, and
// why the picture is as it is.

import { nextValue, valuesOf } from "./choices";
import type { Host } from "./host";
import type { Command } from "./keys";
import { chapterAt, positionAt } from "./scrub";
import { callFor } from "./tracks";
import type { Cache } from "./types";

/** What a panel asks of the screen that it lies on. */
interface Below {
  show(): void; // the overlay
  goHome(): void;
}

export class Panels {
  constructor(private readonly app: Host, private readonly below: Below) {}

  /** A key, while something is open. False: nothing is. */
  press(command: Command): boolean {
    const { menu, panel, place } = this.app.state;
    if (!menu && !panel) return false;
    if ((command === "back" || command === "menu") && panel) this.close();
    else if (command === "back" || command === "menu") this.closeTracks();
    else if (command === "home") this.below.goHome();
    else if (command === "ok") this.app.activate();
    else if (command === "up" || command === "down") this.app.move(command);
    else if (command === "left" || command === "right") this.sideways(command, place?.leaf === "player/style" ? place.item : undefined);
    return true;
  }

  private sideways(command: "left" | "right", style: string | undefined): void {
    if (!this.app.state.panel) this.app.move(command);
    else if (style !== undefined) this.restyle(style, command === "right" ? 1 : -1);
  }

  // ---- sound and subtitles

  openTracks(): void {
    this.app.store.set({ menu: true, overlay: true });
    this.app.cancel("overlay");
    this.app.focus.forget("player/kinds");
    this.app.showPlace();
  }

  closeTracks(): void {
    if (!this.app.state.menu) return;
    this.app.store.set({ menu: false });
    this.app.focus.to("player/controls", "tracks");
    this.app.showPlace();
    this.below.show();
  }

  /** A press on a row of sound and subtitles. */
  choice(leaf: string, item: string): void {
    const call = callFor(this.app.state.tracks, leaf, item);
    if (call) void this.app.act(call.method, call.params);
  }

  openStyle(): void {
    this.app.store.set({ panel: "style" });
    this.app.showPlace();
  }

  /** The next value of a part of the subtitles' style. */
  restyle(name: string, by: 1 | -1): void {
    const { choices, state } = this.app;
    void choices.set(name, nextValue(valuesOf(state.settings, name), choices.value(name), by));
  }

  // ---- why it looks so, and chapters

  async openInfo(): Promise<void> {
    const { app } = this;
    app.store.set({ panel: "info", why: undefined, overlay: true });
    app.cancel("overlay");
    app.showPlace();
    const cache = await app.ask<Cache>("cache.status", {});
    const got = await app.ask<{ reasons: { subject: string; text: string }[] }>("system.why", { topic: "quality" });
    app.store.set({ ...(cache ? { cache } : {}), why: got?.reasons });
  }

  openChapters(): void {
    const { app } = this;
    const p = app.state.playback;
    if (!p) return;
    app.store.set({ panel: "chapters", overlay: true });
    app.cancel("overlay");
    app.focus.to("player/chapters", String(Math.max(0, chapterAt(p, positionAt(p, Date.now())))));
    app.showPlace();
  }

  /** A press on a chapter: there, and the film again. */
  chapter(item: string): void {
    const at = this.app.state.playback?.chapters?.[Number(item)]?.atMs;
    this.close();
    if (at !== undefined) void this.app.act("player.seek", { toMs: at });
  }

  /** Closes a panel: back to what it was opened from. */
  close(): void {
    const from = this.app.state.panel;
    if (!from) return;
    this.app.store.set({ panel: undefined });
    if (from !== "style") this.app.focus.to("player/controls", from);
    this.app.showPlace();
    this.below.show();
  }
}
