// Search: letters on the left, what was found on the right.

import type { App } from "../app";
import { minLetters } from "../search";
import { editKeys, keyboard, keyFace } from "../keyboard";
import { resultCols, shown } from "../layout";
import { Item, useApp, useApps, useWords } from "./item";
import { Tile } from "./title";

export function Search() {
  const { w } = useWords();
  return (
    <main class="search">
      <h1 class="unseen">{w("search.title")}</h1>
      <Keyboard />
      <Found />
    </main>
  );
}

function Keyboard() {
  const app = useApp();
  const { lang, w } = useWords();
  const query = useApps((s) => s.query);
  const plain = useApps((s) => s.plain);
  const { keys, cols } = keyboard(lang, plain);
  return (
    <div class="keyboard">
      <p class="query" role="status" aria-label={query || w("search.hint")}>
        {query ? <span>{query}</span> : <span class="hint">{w("search.hint")}</span>}
        <i class="caret" aria-hidden="true" />
      </p>
      <div class={`letters wide${cols}`} role="group" aria-label={w("search.keyboard")}>
        {keys.map((l) => (
          <Item key={l} leaf="search/letters" item={l} class="letter" press={() => app.search.type(l)}>{keyFace(l)}</Item>
        ))}
      </div>
      <div class={`edit ${editKeys(lang).length > 3 ? "four" : ""}`}>
        {editKeys(lang).map((k) => (
          <Item key={k} leaf="search/edit" item={k} class="letter" press={() => edit(app, k)}>{w(k === "script" && plain ? "search.ownScript" : `search.${k}`)}</Item>
        ))}
      </div>
    </div>
  );
}

function edit(app: App, key: ReturnType<typeof editKeys>[number]): void {
  if (key === "space") app.search.type(" ");
  else app.search.edit(key);
}

const nearRows = 2;

function Found() {
  const app = useApp();
  const { w } = useWords();
  const found = useApps((s) => s.found);
  const query = useApps((s) => s.query.trim());
  const rails = useApps((s) => s.rails);
  const titles = useApps((s) => s.titles);
  const index = useApps((s) => (s.place?.leaf === "search/found" ? s.place.index : app.focus.at("search/found")));
  const ids = shown(app.state).filter((id) => titles[id]);
  const row = Math.floor(index / resultCols);
  const none = found?.length === 0 && [...query].length >= minLetters(query);
  if (none) {
    return (
      <div class="found none" role="status">
        <h2>{w("search.none", { query })}</h2>
        <p class="synopsis">{w("search.noneHint")}</p>
      </div>
    );
  }
  const name = w(found ? "search.results" : "search.popular");
  return (
    <div class="found" key={rails ? "here" : "bare"}>
      <h2>{name}</h2>
      {ids.length > 0 && (
        <div class="window">
          <div class="grid" role="listbox" aria-label={name} style={{ transform: `translateY(calc(${-row} * var(--row)))` }}>
            {lines(ids).map((line, y) => Math.abs(y - row) <= nearRows && (
              <div key={y} class={`line ${y < row ? "past" : ""}`} role="presentation" style={{ transform: `translateY(calc(${y} * var(--row)))` }}>
                {line.map((id, x) => (
                  <Tile key={id} leaf="search/found" id={id} nth={y * resultCols + x + 1} of={ids.length} x={x * 14} caption press={(t) => app.open(t.id)} />
                ))}
              </div>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function lines(ids: readonly string[]): string[][] {
  const out: string[][] = [];
  for (let i = 0; i < ids.length; i += resultCols) out.push(ids.slice(i, i + resultCols));
  return out;
}
