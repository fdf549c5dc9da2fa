// What the page knows of titles: the rails, and titles in full as far as they
// were asked for.

import type { Host } from "./host";
import { byOrigin, relatedIds, summary, top, unknownBegun } from "./state";
import type { Rail, Summary, System, TitleAnswer } from "./types";

const againMs = 3000;
const answersKept = 80;
const railLength = 60; // titles of a rail that are asked for; search finds the others
const mostBegun = 30;

export class Titles {
  private asked = new Set<string>();
  private revision = "";
  private opened = ""; // the page whose kin is wanted as well

  /** arrived is called when there are rails for the first time. */
  constructor(private readonly app: Host, private readonly arrived: () => void) {}

  /** Another connection: the box may be another one. */
  linked(): void {
    this.asked.clear();
    this.revision = "";
  }

  /** Fetches the rails when a service has others. */
  follow(system: System | undefined): void {
    const revision = (system?.services ?? []).map((s) => `${s.id} ${s.revision}`).join(",");
    if (!system || revision === this.revision) return;
    this.revision = revision;
    void this.rails();
  }

  /** Other titles may be seen than before: what is known of the old ones goes. */
  changed(): void {
    const { app } = this;
    this.linked();
    app.store.set({ titles: {}, answers: {}, rails: undefined, found: undefined, query: "", settled: undefined });
    if (top(app.state).name === "details") app.go("home");
    this.follow(app.state.system);
  }

  private async rails(): Promise<void> {
    const { app } = this;
    const got = await app.ask<{ rails?: Rail[]; titles?: Record<string, Summary> }>("catalog.rails", { most: railLength });
    if (!got) {
      this.revision = "";
      app.after("rails", againMs, () => app.state.link === "up" && this.follow(app.state.system));
      return;
    }
    const fresh = !app.state.rails?.length;
    app.store.set({ rails: got.rails ?? [], titles: got.titles ?? {}, origins: byOrigin(got.rails ?? [], got.titles ?? {}) });
    if (fresh) this.arrived();
    app.later.fill();
    this.begun();
  }

  /** Fetches the titles to go on with that are in no rail. */
  begun(): void {
    for (const id of unknownBegun(this.app.state).slice(0, mostBegun)) void this.learn(id);
  }

  /** The page of a title is opened: its kin is wanted as well. */
  open(id: string): void {
    this.opened = id;
    void this.learn(id);
  }

  /** Fetches a title in full, once. */
  async learn(id: string): Promise<void> {
    const { app } = this;
    if (this.asked.has(id)) return;
    this.asked.add(id);
    const got = await app.ask<TitleAnswer>("catalog.title", { id });
    if (!got) return void this.asked.delete(id);
    const { answers, titles } = app.state;
    const kept = Object.entries(answers).slice(-answersKept);
    const kin = (got.related ?? []).filter((r): r is Summary => typeof r !== "string");
    const news = kin.some((r) => !titles[r.id]);
    for (const [old] of Object.entries(answers).slice(0, -answersKept)) this.asked.delete(old);
    app.store.set({
      titles: news ? { ...Object.fromEntries(kin.map((r) => [r.id, r])), ...titles } : titles,
      answers: { ...Object.fromEntries(kept), [id]: got },
    });
    if (this.opened === id) for (const kid of relatedIds(got)) if (!summary(app.state, kid)) void this.learn(kid);
  }
}
