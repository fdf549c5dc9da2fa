// What a part of the application stands on: the state, the focus, the bridge,
// timers, and what the whole does when a part asks for it. The parts know this
// and not the whole, so each can be read, and tested, by itself.

import type { Bridge, Method } from "./bridge";
import type { Dir, Focus } from "./focus";
import type { Gate } from "./keys";
import type { PartName, Parts, Route, State } from "./state";
import type { Store } from "./store";
import type { Lang, Word } from "./text";
import type { Problem } from "./types";

export interface Host {
  readonly state: State;
  readonly store: Store<State>;
  readonly focus: Focus;
  readonly bridge: Bridge;
  readonly gate: Gate;

  /** A call whose failure only means that there is no answer. */
  ask<T>(method: Method, params: object): Promise<T | undefined>;
  /** A call a person made: its failure is told. */
  act<T = true>(method: Method, params?: object): Promise<T | undefined>;
  notify(problem: Problem): void;

  /** One timer for each name; setting it again starts it anew. */
  after(name: string, ms: number, run: () => void): void;
  cancel(name: string): void;

  /** Makes the place of the focus known to the screens. */
  showPlace(): void;
  /** Focuses what was pointed at. */
  point(leaf: string, item: string): void;
  move(dir: Dir): boolean;
  activate(): boolean;
  back(): boolean;

  /** Opens one of the screens of the menu. */
  go(name: "home" | "search" | "account" | "settings" | "who"): void;
  /** Opens a screen that says itself where the focus begins. */
  show(route: Route): void;
  /** Opens the page of a title. */
  open(id: string): void;
  /** The part of the settings that is meant. */
  readonly section: string;

  /** The first start: the language is asked for, once. */
  welcome(): void;
  /** The first start has asked for everything. */
  welcomeOver(): void;

  speak(lang: Lang): Promise<void>;
  /** Somebody is there: the screensaver waits. */
  stir(): void;

  // What parts ask of each other.
  readonly choices: { value(name: string): string; set(name: string, value: string): Promise<boolean>; open(name: string): void };
  readonly people: {
    ask(title: Word, name: string, submit: (pin: string) => Promise<Problem | undefined>, twice?: boolean): void;
    try(method: Method, params: object): Promise<Problem | undefined>;
  };
  readonly accounts: { show(service: string): void; start(service: string): Promise<void> };
  readonly purchases: { show(): void };
  readonly titles: { learn(id: string): Promise<void>; changed(): void };
  readonly later: { bring<N extends PartName>(name: N): Promise<Parts[N] | undefined>; fill(): void };
}
