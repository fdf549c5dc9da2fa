// What the household has chosen: kept by the box, shown and changed here. The
// first screen is drawn before the box has answered, so what concerns it (the
// language, the size of the letters, the contrast) is remembered by the browser
// as well; the box's word counts as soon as it is there.

import type { Host } from "./host";
import { span } from "./format";
import { watching } from "./people";
import { known, languages, say, type Lang, type Word } from "./text";
import type { Settings } from "./types";

/** The parts of the settings screen, in their order, with what each lets one choose. */
export const sections = {
  language: ["language"],
  picture: ["picture.height", "next", "screensaver"],
  subtitles: [
    "subtitle.size", "subtitle.color", "subtitle.solid", "subtitle.edge", "subtitle.font", "subtitle.dense", "subtitle.plate", "subtitle.sdr", "subtitle.hdr",
  ],
  access: ["speech", "speech.rate", "text.size", "contrast", "motion"],
  remote: ["power.idle", "tv.wake", "tv.sleep", "tv.follow"],
  phones: [],
  network: ["network.metered", "network.ahead"],
  storage: [],
  update: [],
  privacy: [],
  health: [],
  about: [],
} as const satisfies Record<string, readonly string[]>;

export type Section = keyof typeof sections;

export const sectionNames = Object.keys(sections) as Section[];

/** The setting's value in words. */
export function valueText(name: string, value: string, lang: Lang): string {
  const own = languages.find(([tag]) => tag === value);
  if (name === "language" && own) return own[1];
  for (const word of [`value.${name}.${value}`, `value.${value}`]) if (known(word)) return say(lang, word);
  if (name === "picture.height") return `${value}p`;
  if (name === "screensaver" || name === "power.idle") return span(Number(value) * 60_000, lang);
  if (name === "speech.rate") return say(lang, "unit.words", { n: value });
  return /^\d+$/.test(value) ? new Intl.NumberFormat(lang, { style: "percent" }).format(Number(value) / 100) : value;
}

export const settingName = (name: string, lang: Lang): string => say(lang, `setting.${name}` as Word);

/** Rows of a section that have an effect on this box come from its list. */
export function rowsOf(s: Settings | undefined, section: Section): string[] {
  const all: readonly string[] = sections[section];
  return all.filter((name) => s?.list.some((x) => x.name === name && !x.absent));
}

/** The settings of a section that this box cannot keep, and why. */
export function absentOf(s: Settings | undefined, section: Section): string | undefined {
  const all: readonly string[] = sections[section];
  return s?.list.find((x) => x.absent && all.includes(x.name))?.absent;
}

/** What can be chosen for a setting. The language is asked for once; afterwards it is one. */
export function valuesOf(s: Settings | undefined, name: string): readonly string[] {
  return (s?.list.find((x) => x.name === name)?.values ?? []).filter((v) => v !== "");
}

/** The value beside the present one, around the ends. */
export function nextValue(all: readonly string[], now: string, by: 1 | -1): string {
  const at = all.indexOf(now);
  return all[(at + by + all.length) % all.length] ?? now;
}

const remembered = ["text.size", "contrast", "motion"] as const;

/** Asks for the settings, makes them seen, and changes them. */
export class Choices {
  constructor(private app: Host) {
    this.dress(Object.fromEntries(remembered.map((name) => [name, recall(name) ?? ""])));
  }

  /** The present value of a setting; "" while it is not known. */
  value(name: string): string {
    return this.app.state.settings?.values[name] ?? "";
  }

  private sending = 0; // choices made here that the box has not answered yet

  /** What is chosen now, here or on another screen. The answer to what is being chosen here says it too, and later. */
  heard(got: Settings | null): void {
    if (got && !this.sending) void this.take(got);
  }

  private async take(got: Settings): Promise<void> {
    this.app.store.set({ settings: got });
    this.dress(got.values);
    const lang = languages.find(([tag]) => tag === got.values["language"])?.[0];
    const theirs = watching(this.app.state)?.language; // who watches comes before the box
    if (lang && !theirs && lang !== this.app.state.lang) await this.app.speak(lang);
    if (got.asks && !this.app.state.welcomed) this.app.welcome();
  }

  /** Chooses, and says so if it could not be kept. */
  async set(name: string, value: string): Promise<boolean> {
    const before = this.app.state.settings;
    if (before) { // what is pressed is seen at once
      this.app.store.set({ settings: { ...before, values: { ...before.values, [name]: value } } });
      this.dress({ [name]: value });
    }
    this.sending++;
    const got = await this.app.act<Settings>("settings.set", { name, value });
    this.sending--;
    if (got && this.sending) return true; // one that was made later will tell
    if (got) await this.take(got);
    else if (before) {
      this.app.store.set({ settings: before });
      this.dress(before.values);
    }
    return !!got;
  }

  /** Opens the list of what can be chosen. */
  open(name: string): void {
    this.app.store.set({ choosing: name });
    this.app.focus.forget("settings/options");
    this.app.focus.to("settings/options", this.value(name));
    this.app.showPlace();
  }

  /** A press on one of the list. */
  async choose(value: string): Promise<void> {
    const name = this.app.state.choosing;
    this.close();
    if (name && value !== this.value(name)) await this.set(name, value);
  }

  private close(): void {
    this.app.store.set({ choosing: undefined });
    this.app.showPlace();
  }

  /** Back, on the settings screen. True when there was something to go back from. */
  back(): boolean {
    if (this.app.state.choosing) {
      this.close();
      return true;
    }
    if (!this.app.state.place?.leaf.startsWith("settings/rows")) return false;
    this.app.focus.to("settings/sections");
    this.app.showPlace();
    return true;
  }

  /** What the whole page is drawn with. */
  private dress(values: Record<string, string>): void {
    const root = document.documentElement;
    for (const name of remembered) {
      const value = values[name];
      if (!value) continue;
      root.dataset[name.split(".")[0] as string] = value;
      keep(name, value);
    }
  }
}

function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage may be forbidden
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // then the first screen is drawn without it
  }
}
