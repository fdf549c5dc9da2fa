// What is drawn at the places of the focus, by the ids of the document.

import type { Place } from "./focus";

export const domId = (leaf: string, item: string): string => `${leaf}|${item}`;

/** What is drawn at a place; null until it is. */
export const element = (p: Place): HTMLElement | null => document.getElementById(domId(p.leaf, p.item));

/** Gives the focus of the document to what is drawn at a place. */
export const focusOn = (p: Place): void => element(p)?.focus({ preventScroll: true });
