// A small observable store: one state object, replaced on every change.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

export class Store<S extends object> {
  private listeners = new Set<() => void>();

  constructor(private current: S) {}

  get state(): S {
    return this.current;
  }

  /** Replaces the named fields; listeners run only if one of them changed. */
  set(patch: { [K in keyof S]?: S[K] | undefined }): void {
    const keys = Object.keys(patch) as (keyof S)[];
    if (keys.every((k) => Object.is(this.current[k], patch[k]))) return;
    this.current = { ...this.current, ...patch } as S;
    for (const tell of [...this.listeners]) tell();
  }

  /** Calls tell after every change, until the returned function is called. */
  watch(tell: () => void): () => void {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }
}

/** The chosen part of the state; the component renders again when it changes. */
export function useStore<S extends object, T>(store: Store<S>, choose: (s: S) => T): T {
  const [, again] = useState({});
  const chosen = choose(store.state);
  const latest = useRef({ choose, chosen });
  latest.current = { choose, chosen };
  useLayoutEffect(() => {
    const look = (): void => {
      if (!Object.is(latest.current.choose(store.state), latest.current.chosen)) again({});
    };
    look(); // it may have changed between rendering and now
    return store.watch(look);
  }, [store]);
  return chosen;
}
