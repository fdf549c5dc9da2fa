// What the daemon sends fits what the page expects: checked by the compiler.
// src/api.ts is written from the daemon's document, src/types.ts by hand, with
// no more than the page uses.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "../src/api";
import type * as page from "../src/types";

/** Sent, if it may stand where Wanted is asked for; otherwise this does not compile. */
type Fits<Sent extends Wanted, Wanted> = Sent;

export type Checked = [
  Fits<api.Terms, page.Terms>,
  Fits<api.Rating, page.Rating>,
  Fits<api.Title, page.Title>,
  Fits<api.Season, page.Season>,
  Fits<api.Rail, page.Rail>,
  Fits<api.Problem, page.Problem>,
  Fits<api.Track, page.Track>,
  Fits<api.TracksView, page.Tracks>,
  Fits<api.PlaybackView, page.Playback>,
  Fits<api.Service, page.Service>,
  Fits<api.SystemView, page.System>,
  Fits<api.TVView, page.Television>,
  Fits<api.PowerView, page.Power>,
  Fits<api.Progress, page.Progress>,
  Fits<api.Check, page.Check>,
  Fits<api.KeyEvent, page.KeyEvent>,
  Fits<api.PairingView, page.Pairing>,
  Fits<api.AccountView, page.Account>,
  Fits<api.Profile, page.Profile>,
  Fits<api.HouseholdView, page.Household>,
  Fits<api.Methods["catalog.title"]["result"], page.TitleAnswer>,
  Fits<api.Methods["settings.get"]["result"], page.Settings>,
];

test("the page is made for the API that its types are of", () => {
  assert.match(api.api, /^1\.\d+$/);
});
