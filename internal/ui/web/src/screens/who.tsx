// Who is watching: the profiles, the pad for their PINs, and the page of one.

import { useEffect } from "preact/hooks";
import { clock, named, span } from "../format";
import { editKeys, letters } from "../layout";
import { adult, asking, padKeys, profiles, rowsOf } from "../people";
import type { Draft } from "../state";
import { explain, tell, type Word } from "../text";
import type { Profile } from "../types";
import { Face } from "./face";
import { Colon } from "./fact";
import { Item, useApp, useApps, useWords, Words } from "./item";

export function Who(props: { edit: boolean }) {
  const app = useApp();
  const { w } = useWords();
  const all = useApps(profiles);
  const first = useApps(asking);
  return (
    <main class={`who ${props.edit ? "editing" : ""}`}>
      <h1>{w(props.edit ? "who.edit" : "who.title")}</h1>
      <div class="faces" role="group" aria-label={w("who.title")}>
        {all.map((p) => <Person key={p.id} p={p} />)}
        {props.edit && (
          <Item leaf="who/faces" item="new" class="person" press={() => app.people.pressed("new")}>
            <i class="face plus" aria-hidden="true">+</i><span class="name">{w("who.new")}</span>
          </Item>
        )}
      </div>
      {!first && (
        <div class="buttons">
          <Item leaf="who/buttons" item="edit" class="button" press={() => app.people.pressed("edit")}>{w(props.edit ? "who.done" : "who.edit")}</Item>
        </div>
      )}
    </main>
  );
}

function Person(props: { p: Profile }) {
  const app = useApp();
  const { w } = useWords();
  const { p } = props;
  return (
    <Item leaf="who/faces" item={p.id} class="person" press={() => app.people.pressed(p.id)}>
      <Face avatar={p.avatar} />
      <span class="name">{p.name || w("who.first")}</span>{" "}
      <small>{[p.kids ? w("who.kids") : "", p.pin ? "PIN" : ""].filter(Boolean).join(" · ")}</small>
    </Item>
  );
}

/** The digits are never shown; how many there are is said. */
export function PINPad() {
  const app = useApp();
  const { lang, w } = useWords();
  const pad = useApps((s) => s.pad);
  if (!pad) return null;
  const told = pad.problem && explain(pad.problem, lang);
  const title = pad.again !== undefined ? w("who.again") : w(pad.title, { name: pad.name || w("who.first") });
  return (
    <div class="veil">
      <div class="panel pad" role="dialog" aria-label={title}>
        <h2>{title}</h2>
        <p class="dots" role="status" aria-label={w("who.dots", { n: pad.digits.length })}>
          {[...Array(Math.max(4, pad.digits.length)).keys()].map((i) => <i key={i} class={i < pad.digits.length ? "full" : ""} />)}
        </p>
        <div class="digits" data-quiet="" role="group" aria-label={w("who.pad")}>
          {padKeys.map((key) => (
            <Item key={key} leaf="pad" item={key} class="letter" press={() => app.people.padKey(key)}>
              {key === "ok" || key === "delete" ? w(`who.${key}`) : key}
            </Item>
          ))}
        </div>
        <p class="wrong" role="alert">
          {pad.problem?.code === "pin_differ" && w("who.differ")}
          {pad.problem?.retryAfterMs ? w("who.wait", { time: clock(pad.problem.retryAfterMs) }) : ""}
          {told && told.text.text && <><Words told={told.text} /> <Words told={told.hint} /></>}
        </p>
      </div>
    </div>
  );
}

export function ProfilePage() {
  const { w } = useWords();
  const draft = useApps((s) => s.draft);
  const list = useApps((s) => rowsOf(s).join(" ")).split(" ");
  const naming = useApps((s) => s.naming);
  const elsewhere = useApps((s) => s.place?.leaf === "profile/rows" && s.place.item !== "name");
  const app = useApp();
  useEffect(() => { // who went on to something else has written the name
    if (naming && elsewhere) app.people.type("clear");
  }, [naming, elsewhere]);
  const place = useApps((s) => s.place);
  useEffect(() => document.activeElement?.scrollIntoView({ block: "nearest" }), [place]);
  if (!draft) return null;
  return (
    <main class="profile">
      <h1>{draft.name || w(draft.id ? "who.first" : "who.new")}</h1>
      <div class="fields" role="group" aria-label={w("profile.title")}>
        {list.map((row) => <Row key={row} row={row} d={draft} />)}
      </div>
      {naming ? <Letters /> : <aside><Face avatar={draft.avatar} />{list.includes("insights") && <ToBeSent />}</aside>}
    </main>
  );
}

/** What agreeing means, and what would be sent. */
export function ToBeSent() {
  const { lang, w } = useWords();
  const insights = useApps((s) => s.insights);
  const app = useApp();
  const answers = useApps((s) => s.answers);
  const name = (id: string): string => tell((app.state.titles[id] ?? answers[id]?.title)?.name, lang).text || id;
  return (
    <section class="sent">
      <p>{w("insights.text")}</p>
      {insights?.on && <p>{w("insights.next")}</p>}
      {insights?.on && (insights.titles.length === 0 ? <p>{w("insights.nothing")}</p> : (
        <ul>
          {insights.titles.slice(0, 6).map((t) => (
            <li key={t.titleId}>{w("insights.row", { name: name(t.titleId), starts: t.starts, time: span(t.watchedMs, lang) })}</li>
          ))}
        </ul>
      ))}
    </section>
  );
}

function Row(props: { row: string; d: Draft }) {
  const app = useApp();
  const { w } = useWords();
  const { row, d } = props;
  const value = useValue(row, d);
  const sure = useApps((s) => s.removing);
  const has = useApps((s) => !!profiles(s).find((p) => p.id === d.id)?.pin);
  const press = (): void => app.people.row(row);
  const text = row === "save" ? w("profile.save") : row === "pin" ? w(has ? "profile.pinSet" : "profile.pinNew")
    : row === "remove" ? w(sure ? "profile.sure" : "profile.remove", { name: d.name }) : w(`profile.${row}` as Word);
  const act = row === "save" || row === "pin" || row === "remove";
  return (
    <Item leaf="profile/rows" item={row} class={act ? `button ${row === "save" ? "primary" : ""}` : "setting"} press={press}>
      <span>{text}</span>{!act && <><Colon /><b>{value}</b></>}
    </Item>
  );
}

/** What a row is set to, in words. */
function useValue(row: string, d: Draft): string {
  const { lang, w } = useWords();
  const limits = useApps((s) => s.household?.limits);
  const on = useApps((s) => s.insights?.on);
  const language = (tag: string, empty: Word): string => (tag === "" ? w(empty) : tag === "none" ? w("profile.none") : named("language", tag, lang));
  switch (row) {
    case "name": return d.name || "–";
    case "avatar": return w(`avatar.${d.avatar}` as Word);
    case "kids": return w(d.kids ? "profile.yes" : "profile.no");
    case "unrated": return w(d.unrated ? "profile.yes" : "profile.no");
    case "limit": {
      const l = limits?.find((x) => x.minAge === d.maxAge);
      return d.maxAge >= adult ? w("profile.all") : w("profile.upTo", { label: l ? (l.system === "age" ? l.label : `${l.system} ${l.label}`) : d.maxAge });
    }
    case "watershed": return d.watershed.minAge === 0 ? w("profile.always")
      : w("profile.evening", { age: d.watershed.minAge, from: `${Math.floor(d.watershed.from / 60)}:00` });
    case "insights": return w(on ? "profile.yes" : "profile.no");
    case "language": return language(d.language, "profile.asBox");
    case "audio": return language(d.audio, "profile.asBox");
    case "subtitles": return language(d.subtitles, "profile.asBox");
    default: return "";
  }
}

/** Letters for who has a remote and no keyboard. */
function Letters() {
  const app = useApp();
  const { w } = useWords();
  return (
    <aside class="keyboard">
      <div class="letters" role="group" aria-label={w("search.keyboard")}>
        {letters.map((c) => <Item key={c} leaf="profile/letters" item={c} class="letter" press={() => app.people.type(c)}>{c.toUpperCase()}</Item>)}
      </div>
      <div class="edit">
        {editKeys.map((key) => (
          <Item key={key} leaf="profile/edit" item={key} class="letter" press={() => app.people.type(key)}>
            {key === "clear" ? w("who.done") : w(`search.${key}`)}
          </Item>
        ))}
      </div>
    </aside>
  );
}
