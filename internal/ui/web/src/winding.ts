// Winding through what is on: a preview first, a seek when it stands still.

import type { Host } from "./host";
import { extent } from "./live";
import { positionAt, stillMs, wind, windStep } from "./scrub";
import { active } from "./state";
import { readThumbs } from "./thumbs";
import type { Playback } from "./types";

const returnMs = 1500;
const nearLive = 3000; // who winds a channel to within this of live means live

export class Winding {
  private committed = false; // the target was sent and is about to come back

  constructor(private readonly app: Host, private readonly show: () => void) {}

  /** A preview is shown that was not gone to. */
  get previews(): boolean {
    return this.app.state.target !== undefined && !this.committed;
  }

  /** A press of a key that winds. */
  by(direction: 1 | -1): void {
    const p = this.app.state.playback;
    const e = extent(p, Date.now());
    if (!p || !e || !active(p)) return;
    const at = this.app.state.target ?? positionAt(p, Date.now());
    const step = windStep(this.app.gate.heldFor(performance.now()), e.to - e.from);
    this.committed = false;
    this.pictures(p);
    this.app.store.set({ target: wind(at, direction * step, e.to, e.from) });
    this.app.after("wind", stillMs, () => this.commit());
  }

  /** Winds to a share of the bar: a click on it. */
  to(share: number): void {
    const e = extent(this.app.state.playback, Date.now());
    if (!e) return;
    this.app.store.set({ target: wind(e.from, share * (e.to - e.from), e.to, e.from) });
    this.commit();
  }

  /** Goes to what is previewed. */
  commit(): void {
    const { target, playback } = this.app.state;
    this.app.cancel("wind");
    if (target === undefined) return;
    this.show();
    this.committed = true; // the target stays in sight until the box has gone there
    this.app.after("wind", returnMs, () => this.end());
    const end = playback?.live ? extent(playback, Date.now())?.to : undefined;
    const live = end !== undefined && target > end - nearLive;
    void (live ? this.app.act("player.live") : this.app.act("player.seek", { toMs: Math.round(target) })).then((ok) => ok || this.end());
  }

  /** The box has told where playback is: it may have gone there. */
  told(): void {
    if (this.committed) this.end();
  }

  end(): void {
    this.committed = false;
    this.app.cancel("wind");
    this.app.store.set({ target: undefined });
  }

  /** Fetches the list of pictures of the film that is on, once, when somebody winds. */
  private pictures(p: Playback): void {
    const { app } = this;
    const t = p.trickplay;
    if (!t || t.kind === "iframes" || app.state.thumbs?.url === t.url) return;
    app.store.set({ thumbs: { url: t.url, all: [] } });
    const read = async (): Promise<void> => {
      const answer = await fetch(t.url, { credentials: "omit", priority: "low" });
      const all = answer.ok ? readThumbs(await answer.text(), t.url) : [];
      if (app.state.thumbs?.url === t.url) app.store.set({ thumbs: { url: t.url, all } });
    };
    read().catch(() => undefined); // without pictures one winds by the clock
  }
}
