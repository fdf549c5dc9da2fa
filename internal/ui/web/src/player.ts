// The player screen's behaviour: the overlay, the next episode, and coming and
// going with what the daemon says is on.

import type { Host } from "./host";
import type { Command } from "./keys";
import { showsNext } from "./layout";
import { active, summary, top } from "./state";
import { Panels } from "./panels";
import { nextRate, positionAt, skipTo, untilNext } from "./scrub";
import { hasChoices } from "./tracks";
import { say } from "./text";
import type { Cache, Playback, Summary, Tracks } from "./types";
import { Winding } from "./winding";

const hideMs = 5000;
const levelMs = 2000;
const tickMs = 500;
const linkMs = 3000;
const startingMs = 20_000;
const hushMs = 2000; // who has just sent the overlay away does not get it back for a film that runs on

export class Player {
  private session = 0; // the newest one seen
  private stayed = 0; // the session whose next episode was declined
  private advanced = 0; // the session from which the next one was asked for
  private noticed: number | undefined; // the position at which the next one was announced
  private skipped: string | undefined; // the title whose opening titles were skipped
  private pictured = false; // the title that is on has been seen
  private hushed = -hushMs; // when Back sent the overlay away
  private looked = 0; // at the link
  private unwanted = false; // what was asked for was taken back, and the box has not answered yet

  readonly winding: Winding;
  readonly panels: Panels;

  constructor(private readonly app: Host) {
    this.winding = new Winding(app, () => this.show());
    this.panels = new Panels(app, this);
  }

  private get playback(): Playback | undefined {
    return this.app.state.playback;
  }

  /** Asks for a title; the screen answers at once. */
  async play(t: Summary, from: "resume" | "start"): Promise<void> {
    const { app } = this;
    this.session = this.playback?.session ?? this.session;
    app.store.set({ starting: t, overlay: true, target: undefined, notice: undefined });
    this.enter();
    app.after("starting", startingMs, () => this.started());
    if (await app.act("player.play", { titleId: t.id, from })) return;
    this.started();
    if (!active(this.playback)) this.leave();
  }

  /** A new state of playback from the daemon. */
  changed(p: Playback): void {
    const { app } = this;
    const was = this.playback;
    app.store.set({ playback: p, now: Date.now() });
    if (p.notice && (was?.notice?.code !== p.notice.code || was.session !== p.session)) app.notify(p.notice);
    if (was && (was.volume !== p.volume || was.muted !== p.muted)) this.showLevel(p);
    this.winding.told();
    if (was && p.session < was.session) this.session = this.stayed = this.advanced = 0; // the box was started again, and counts anew
    if (p.session !== this.session && !this.unwanted && (active(p) || (was && p.phase === "failed"))) this.begin(p, was);
    if (p.phase === "playing" || p.phase === "paused" || p.phase === "buffering") this.pictured = true;
    if (was?.phase !== p.phase && !this.runsOn(p)) this.show();
    if (p.phase === "ended" && was && was.phase !== "ended") this.ended(p);
    if (p.phase === "idle" && !app.state.starting) this.leave();
    this.tick();
  }

  /** Whether this is a film that goes on after Back sent the overlay away, so that Back again leaves it. */
  private runsOn(p: Playback): boolean {
    return (p.phase === "playing" || p.phase === "buffering") && performance.now() - this.hushed < hushMs;
  }

  /** What there is to hear and to read. */
  heard(t: Tracks): void {
    this.app.store.set({ tracks: t });
    if (!hasChoices(t)) this.panels.closeTracks();
  }

  /** Another title is on. Reopening the same one (recovery, a seek) has a new session but is no news. */
  private begin(p: Playback, was: Playback | undefined): void {
    const same = was?.titleId === p.titleId && active(was);
    if (same && this.stayed === this.session) this.stayed = p.session;
    this.session = p.session;
    this.started();
    if (same && top(this.app.state).name === "player") return;
    this.noticed = this.skipped = undefined;
    this.pictured = false;
    this.app.store.set({ nextIn: undefined, skip: undefined, target: undefined });
    this.app.focus.forget("player");
    this.enter();
  }

  private ended(p: Playback): void {
    if (this.app.state.starting || top(this.app.state).name !== "player") return;
    if (p.nextId && this.stayed !== p.session && this.goesOn) this.next(p);
    else this.leave();
  }

  private started(): void {
    this.app.cancel("starting");
    this.app.store.set({ starting: undefined });
  }

  private enter(): void {
    const { stack } = this.app.state;
    if (top(this.app.state).name !== "player") this.app.store.set({ stack: [...stack, { name: "player" }] });
    this.show();
    this.tick();
  }

  /** Back to where one was. */
  private leave(): void {
    const { app } = this;
    app.cancel("tick");
    if (top(app.state).name !== "player") return;
    app.store.set({ stack: app.state.stack.slice(0, -1), target: undefined, nextIn: undefined, skip: undefined, menu: false, panel: undefined });
    app.showPlace();
  }

  /** Ends what is on, and what was asked for and is not on yet. */
  stop(): void {
    const asked = this.app.state.starting !== undefined;
    const on = this.playback && this.playback.phase !== "idle";
    this.started();
    if (asked) void this.takeBack();
    else if (on) void this.app.act("player.stop");
    this.leave();
  }

  /**
   * Ends a title that was asked for, of which the page has heard nothing yet:
   * the box may well have begun it. Until the box has answered, what begins is
   * not shown; without a connection it is told as soon as there is one.
   */
  private async takeBack(): Promise<void> {
    this.unwanted = true;
    const told = await this.app.ask("player.stop", {});
    this.unwanted = told === undefined && this.app.state.link !== "up";
  }

  /** The box is there again. */
  linked(): void {
    if (this.unwanted) void this.takeBack();
  }

  /** Keys that mean the same on every screen. True when the key was one of them. */
  transport(command: Command): boolean {
    const { app } = this;
    const on = active(this.playback);
    switch (command) {
      case "volup": case "voldown":
        void app.act("player.volume", { by: command === "volup" ? 0.05 : -0.05 });
        return true;
      case "mute":
        void app.act("player.volume", { mute: "toggle" });
        return true;
      case "play": case "pause": case "playpause":
        if (!on) return command !== "pause" && this.playFocused();
        void app.act(({ play: "player.resume", pause: "player.pause", playpause: "player.toggle" } as const)[command]);
        break;
      case "stop":
        if (!on && !app.state.starting) return false;
        this.stop();
        return true;
      case "next":
      case "previous":
        if (on) void app.act("player.skip", { back: command === "previous" }); // what it means is for the box to say
        break;
      default:
        return false;
    }
    this.show();
    return on;
  }

  /** The play key on a title starts it, from wherever it is shown. */
  private playFocused(): boolean {
    const t = summary(this.app.state, this.app.state.place?.item);
    if (!t) return false;
    void this.play(t, "resume");
    return true;
  }

  /** A key on the player screen. */
  press(command: Command): boolean {
    const { app } = this;
    if (app.state.place?.leaf === "player/failed") return this.choose(command, () => this.stop());
    if (showsNext(app.state)) return this.choose(command, () => this.stay());
    if (this.panels.press(command)) return true;
    const shown = app.state.overlay;
    if (command === "menu" && hasChoices(app.state.tracks)) {
      this.panels.openTracks();
      return true;
    }
    if (!shown && command === "ok" && app.state.place?.leaf === "player/skip") return app.activate();
    if (command === "back") return this.backwards(shown);
    if (command === "home") {
      this.goHome();
      return true;
    }
    this.show();
    if (!shown) app.focus.to("player/bar");
    app.showPlace();
    return this.steer(command, shown);
  }

  /** Asks what the player gets and what the network carries, while that is on the screen. */
  private lookAtLink(now: number): void {
    const { app } = this;
    if (!app.state.overlay || now - this.looked < linkMs || !active(this.playback)) return;
    this.looked = now;
    void app.ask<Cache>("cache.status", {}).then((cache) => cache && app.store.set({ cache }));
  }

  goHome(): void {
    this.stop();
    this.app.go("home");
  }

  private choose(command: Command, back: () => void): boolean {
    if (command === "back") back();
    else if (command === "home") this.goHome();
    else if (command === "ok") this.app.activate();
    else if (command === "left" || command === "right") this.app.move(command);
    return true;
  }

  private backwards(shown: boolean): boolean {
    if (this.winding.previews) this.winding.end();
    else if (shown && this.pictured && !this.app.state.starting && active(this.playback)) {
      this.hushed = performance.now();
      this.hide();
    } else this.stop(); // a film that has not begun yet does not begin any more
    return true;
  }

  private steer(command: Command, shown: boolean): boolean {
    const { app } = this;
    const onBar = app.state.place?.leaf !== "player/controls";
    switch (command) {
      case "rewind": case "forward":
        this.winding.by(command === "forward" ? 1 : -1);
        return true;
      case "left": case "right":
        if (onBar) this.winding.by(command === "right" ? 1 : -1);
        else app.move(command);
        return true;
      case "up": case "down":
        return shown && app.move(command);
      case "ok":
        if (app.state.target !== undefined) this.winding.commit();
        else app.activate();
        return true;
      default:
        return true;
    }
  }

  /** What a press on a part of the player screen does. */
  pressed(item: string): void {
    const p = this.playback;
    const acts: Record<string, () => void> = {
      bar: () => void this.app.act("player.toggle"),
      toggle: () => void this.app.act("player.toggle"),
      start: () => void this.app.act("player.seek", { toMs: 0 }),
      skip: () => this.skipIntro(),
      speed: () => p && void this.app.act("player.rate", { rate: nextRate(p.rate) }),
      live: () => void this.app.act("player.live"),
      tracks: () => this.panels.openTracks(),
      info: () => void this.panels.openInfo(),
      style: () => this.panels.openStyle(),
      chapters: () => this.panels.openChapters(),
      next: () => p && this.next(p),
      now: () => p && this.next(p),
      stay: () => this.stay(),
      retry: () => p?.titleId && void this.play({ id: p.titleId, kind: "film", name: p.name ?? {} }, "resume"),
      stop: () => this.stop(),
      leave: () => this.stop(),
    };
    acts[item]?.();
  }

  // ---- the next episode

  private next(p: Playback): void {
    if (this.advanced === p.session) return;
    this.advanced = p.session;
    this.app.store.set({ nextIn: undefined });
    void this.app.act("player.next").then((ok) => {
      if (!ok && this.playback?.phase === "ended") this.leave();
    });
  }

  private stay(): void {
    this.stayed = this.playback?.session ?? 0;
    this.app.store.set({ nextIn: undefined });
    this.hide();
    this.app.showPlace();
  }

  /** Whether the household wants the next episode to begin by itself. */
  private get goesOn(): boolean {
    return this.app.choices.value("next") !== "off";
  }

  /** Seconds until the next episode, while that is announced. */
  private announced(p: Playback | undefined, now: number): number | undefined {
    const wanted = p && this.goesOn && p.session !== this.stayed && p.session !== this.advanced;
    const left = wanted ? untilNext(p, now, this.noticed) : undefined;
    if (left === undefined) this.noticed = undefined;
    else this.noticed ??= p && positionAt(p, now);
    return left;
  }

  // ---- the opening titles

  /** Where skipping them leads. Once skipped, they stay so until one winds back to before them. */
  private skippable(p: Playback | undefined, now: number): number | undefined {
    if (!p || positionAt(p, now) < (p.introFromMs ?? 0)) this.skipped = undefined;
    return p && p.titleId !== this.skipped ? skipTo(p, now) : undefined;
  }

  private skipIntro(): void {
    const { app } = this;
    const to = app.state.skip;
    if (to === undefined) return;
    this.skipped = this.playback?.titleId;
    app.store.set({ skip: undefined });
    void app.act("player.seek", { toMs: to }).then((ok) => ok || (this.skipped = undefined));
  }

  // ---- the overlay

  /** Shows the overlay; it goes by itself while the film runs. */
  show(): void {
    this.app.store.set({ overlay: true });
    this.app.after("overlay", hideMs, () => {
      if (this.playback?.phase === "playing" && !this.app.state.starting && !this.app.state.menu && !this.app.state.panel) this.hide();
    });
  }

  private hide(): void {
    this.app.cancel("overlay");
    this.app.store.set({ overlay: false });
    this.rest();
  }

  /** The focus of a film without an overlay: on what is in sight. */
  private rest(): void {
    if (!this.app.focus.to("player/skip")) this.app.focus.to("player/bar");
    this.app.showPlace();
  }

  private showLevel(p: Playback): void {
    const { lang } = this.app.state;
    const n = Math.round(p.volume * 100);
    this.app.store.set({ level: p.muted ? say(lang, "player.muted") : say(lang, "player.volume", { n }) });
    this.app.after("level", levelMs, () => this.app.store.set({ level: undefined }));
  }

  /** Keeps the time running while the player is on the screen. */
  private tick(): void {
    const { app } = this;
    if (top(app.state).name !== "player") return;
    const now = Date.now();
    const p = this.playback;
    const left = this.announced(p, now);
    const appears = app.state.skip === undefined;
    app.store.set({ now, nextIn: left, skip: this.skippable(p, now) });
    if (appears && app.state.skip !== undefined && !app.state.overlay) this.rest();
    this.lookAtLink(now);
    if (left === 0 && p?.creditsMs && active(p)) this.next(p);
    app.after("tick", tickMs, () => this.tick());
  }
}
