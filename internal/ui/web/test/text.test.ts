import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, genre, price, rating, span, terms } from "../src/format";
import de from "../src/i18n/de.json";
import id from "../src/i18n/id.json";
import { chooseLang, explain, learn, readWords, say, tell } from "../src/text";
import type { Summary } from "../src/types";

learn("de", de);
learn("id", id);

test("a language is read from the box when it is wanted, once; English serves without it", async (t) => {
  assert.equal(say("th", "menu.home"), "Home");
  const names = { mark: "1", words: ["menu.home"] };
  const answers: (object | undefined)[] = [undefined, undefined, names, { mark: "2", words: ["of another page"] }, names, { mark: "1", words: ["หน้าแรก"] }];
  const asked: string[] = [];
  t.mock.method(globalThis, "fetch", async (path: string) => {
    asked.push(path);
    const answer = answers[asked.length - 1];
    if (!answer) throw new TypeError("the box is away");
    return new Response(JSON.stringify(answer));
  });
  await readWords("th");
  assert.equal(say("th", "menu.home"), "Home");
  await readWords("th");
  assert.equal(say("th", "menu.home"), "Home", "words of another page");
  await readWords("th");
  await readWords("th");
  await readWords("en");
  assert.equal(say("th", "menu.home"), "หน้าแรก");
  assert.equal(say("th", "menu.settings"), "Settings", "a word that is missing");
  const each = ["words.json", "words.th.json"];
  assert.deepEqual(asked, [...each, ...each, ...each]);
});

test("the language of the browser, as far as the page speaks it", () => {
  assert.equal(chooseLang(["zh-CN", "en"]), "zh-Hans");
  assert.equal(chooseLang(["fr-FR", "de-AT"]), "de");
  assert.equal(chooseLang(["fr"]), "en");
});

test("a service's text in the reader's language, then English, then any", () => {
  const text = { "de-DE": "Meer", en: "Sea", th: "ทะเล" };
  assert.deepEqual(tell(text, "de"), { text: "Meer", lang: "de-DE" });
  assert.deepEqual(tell(text, "id"), { text: "Sea", lang: "en" });
  assert.deepEqual(tell({ th: "ทะเล" }, "id"), { text: "ทะเล", lang: "th" });
  assert.deepEqual(tell(null, "id"), { text: "", lang: "id" });
});

test("problems are told in the reader's language; unknown ones keep the daemon's words", () => {
  const known = { code: "not_found", text: "daemon", hint: "daemon" };
  assert.match(explain(known, "de").text.text, /Titel/);
  assert.equal(explain(known, "en").text.text, "daemon");
  assert.deepEqual(explain({ code: "strange", text: "Odd.", hint: "Ask." }, "th").hint, { text: "Ask.", lang: "en" });
});

test("times, prices and ratings", () => {
  assert.equal(clock(3_723_000), "1:02:03");
  assert.equal(clock(-5), "0:00");
  assert.equal(span(102 * 60_000, "en"), "1 h 42 min");
  assert.equal(span(1, "de"), "1 Min.");
  assert.equal(price(399, "EUR", "de").replace(/\s/g, " "), "3,99 €");
  assert.equal(price(45_000, "JPY", "en"), "¥45,000");
  assert.equal(price(399, "no currency", "en"), "3.99 no currency");
  const t: Summary = { id: "x", kind: "film", name: {}, terms: [{ kind: "free" }], ratings: [{ system: "MPA", label: "PG", minAge: 8 }, { system: "FSK", label: "6", minAge: 6 }] };
  assert.equal(rating(t, "de"), "FSK 6");
  assert.equal(rating(t, "en"), "MPA PG");
  assert.equal(terms(t, "id")?.text, "Gratis");
  assert.equal(genre("Science Fiction", "de"), "Science-Fiction");
  assert.equal(genre("noir", "de"), "Noir");
  assert.equal(say("en", "details.season", { n: 2 }), "Season 2");
});
