// What was bought: a row for each purchase, what is on the bill, and the ledger.

import { useEffect } from "preact/hooks";
import { boughtNote, boughtState, standingText } from "../bought";
import { explain, tell } from "../text";
import type { Sale, Standing } from "../types";
import { Colon } from "./fact";
import { Item, Say, useApp, useApps, useWords, Words } from "./item";

export function BoughtScreen() {
  const app = useApp();
  const { lang, w } = useWords();
  const bought = useApps((s) => s.bought);
  const place = useApps((s) => s.place);
  useEffect(() => { // long lists move so that what has the focus is seen
    if (place?.leaf.startsWith("bought/")) document.activeElement?.scrollIntoView({ block: "nearest" });
  }, [place]);
  const told = bought?.problem && explain(bought.problem, lang);
  return (
    <main class="bought">
      <h1>{w("bought.title")}</h1>
      <div class="standings" role="status">
        {!bought && <p class="soft">{w("loading")}</p>}
        {(bought?.standings ?? []).map((b) => <Stands key={b.service} b={b} />)}
        {told && <p class="bad"><Words told={told.text} /> <Words told={told.hint} /></p>}
        {bought && !told && bought.entries.length > 0 && <p class={bought.whole ? "soft" : "bad"}>{w(bought.whole ? "bought.whole" : "bought.broken", { n: bought.entries.length })}</p>}
        {bought && !told && bought.list.length === 0 && <p>{w("bought.none")}</p>}
      </div>
      <div class="list" role="group" aria-label={w("bought.title")}>
        {(bought?.list ?? []).map((p) => <Row key={p.id} p={p} />)}
      </div>
      <div class="buttons">
        <Item leaf="bought/buttons" item="close" class="button" press={() => app.back()}>{w("buy.close")}</Item>
      </div>
    </main>
  );
}

function Stands(props: { b: Standing }) {
  const { lang } = useWords();
  const { b } = props;
  const name = useApps((s) => s.system?.services?.find((x) => x.id === b.service)?.name) || b.service;
  const text = standingText(b, name, tell(b.plan, lang).text, lang);
  return text ? <p>{text}</p> : null;
}

function Row(props: { p: Sale }) {
  const app = useApp();
  const { lang } = useWords();
  const entries = useApps((s) => s.bought?.entries) ?? [];
  const { p } = props;
  const good = p.state === "fulfilled" ? "good" : p.state === "refunded" ? "back" : "";
  return (
    <Item leaf="bought/rows" item={p.id ?? ""} class="row-item" press={() => app.purchases.pressed(p.id ?? "")}>
      <span class="what"><Say text={p.name} /><small>{boughtNote(p, lang)}</small></span><Colon />
      <span class={`value ${good}`}>{boughtState(p, entries, lang)}</span>
    </Item>
  );
}
