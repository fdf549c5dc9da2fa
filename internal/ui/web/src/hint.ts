// What the screen points at, for the box: it fetches the beginning of what is
// likely to be started. How long the focus has to rest is decided there.

import { detailsId, playable } from "./layout";
import { summary, top, type State } from "./state";

export interface Hint {
  titleId?: string;
  place?: "tile" | "details" | "continue" | "countdown" | "hero";
  secret?: boolean; // what is entered now is nobody's business: which keys did it is not recorded
}

/** A PIN or a password is being entered. */
export const secret = (s: State): boolean => !!s.pad || s.net?.stage === "password";

/**
 * The title that is most likely to be started next, and why; empty for none.
 * Until a key moved the focus after the home screen came up, what it is on is
 * the large title at the top rather than a tile that somebody chose.
 */
export function pointed(s: State, arrived = false): Hint {
  const route = top(s);
  if (secret(s)) return { secret: true };
  if (route.name === "player") return s.nextIn !== undefined && s.playback?.nextId ? { titleId: s.playback.nextId, place: "countdown" } : {};
  const { place } = s;
  if (route.name === "details" && (!place || place.leaf === detailsId(route.id, "buttons") || place.leaf === detailsId(route.id, "seasons"))) {
    return { titleId: playable(s, route.id)?.id ?? route.id, place: "details" };
  }
  if (!place || !summary(s, place.item)) return {};
  if (place.leaf === "home/continue") return { titleId: place.item, place: "continue" };
  return { titleId: place.item, place: arrived && route.name === "home" ? "hero" : "tile" };
}

export const same = (a: Hint, b: Hint): boolean => a.titleId === b.titleId && a.place === b.place && a.secret === b.secret;
