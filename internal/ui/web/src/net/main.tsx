// The screen of the network, and its part of the settings.

import { useEffect } from "preact/hooks";
import type { Host } from "../host";
import type { NetworkSeen } from "../api";
import { settingName, valueText } from "../choices";
import { Colon, Fact } from "../screens/fact";
import { Item, useApp, useApps, useWords, Words } from "../screens/item";
import { Wordmark } from "../screens/standby";
import { explain, type Word } from "../text";
import { buttons, editItems, Flow, listItems, seenOf, settingRows, usable } from "./flow";
import { keys } from "./keys";

export { settingRows as rows, tree } from "./flow";

let flow: Flow;

export function begin(app: Host): void {
  flow = new Flow(app);
}

export const open = (first: boolean): void => flow.open(first);

/** Topic "network" changed; the focus was at this item. */
export const heard = (at?: string): void => flow.heard(at);

/** True: there was something to go back from. */
export const back = (): boolean => flow.back();

/** A key of a keyboard, on the screen. */
export const typed = (key: string): boolean => flow.typed(key);

export function Screen() {
  const stage = useApps((s) => s.net?.stage);
  return (
    <main class={`network at-${stage ?? "list"}`}>
      {(stage === "list" || stage === undefined) && <Around />}
      {(stage === "name" || stage === "password") && <Writing />}
      {(stage === "joining" || stage === "done" || stage === "failed") && <Outcome />}
      <Invented />
    </main>
  );
}

/** Nobody shall take invented networks for real ones. */
function Invented() {
  const { w } = useWords();
  return useApps((s) => s.network?.simulated) ? <p class="note invented">{w("net.demo")}</p> : null;
}

function Around() {
  const { w } = useWords();
  const first = useApps((s) => s.net?.first);
  const app = useApp();
  useApps((s) => s.network?.networks);
  const items = listItems(app.state);
  const looking = useApps((s) => !!s.network?.looking);
  const none = useApps((s) => s.network?.networks.length === 0);
  const problem = useApps((s) => s.network?.problem);
  const { lang } = useWords();
  const place = useApps((s) => s.place);
  useEffect(() => {
    if (place?.leaf === "network/list") document.activeElement?.scrollIntoView({ block: "nearest" });
  }, [place]);
  const told = problem && explain(problem, lang);
  return (
    <>
      {first && <Wordmark />}
      <h1>{w("net.title")}</h1>
      <p class="soft">{first && w("net.first")}</p>
      <div class="list" role="listbox" aria-label={w("net.title")}>
        {items.map((item, i) => <Choice key={item} item={item} nth={i + 1} of={items.length} />)}
      </div>
      <p class="looking" role="status">
        {looking && none ? w("net.looking") : told ? <><Words told={told.text} /> <Words told={told.hint} /></> : none ? w("net.none") : ""}
      </p>
      {looking && <i class="scan" aria-hidden="true" />}
    </>
  );
}

function Choice(props: { item: string; nth: number; of: number }) {
  const { w } = useWords();
  const { item, nth, of } = props;
  const n = useApps((s) => seenOf(s.network, item));
  const press = (): void => flow.chosen(item);
  if (!n) {
    const [what, note]: [Word, Word] = item === "without" ? ["net.without", "net.withoutNote"] : ["net.hidden", "net.hiddenNote"];
    return (
      <Item leaf="network/list" item={item} role="option" nth={nth} of={of} class="row-item act" press={press}>
        <span class="what">{w(what)}<small>{w(note)}</small></span>
      </Item>
    );
  }
  const state = n.connected ? w("net.connected") : n.known ? w("net.known") : "";
  return (
    <Item leaf="network/list" item={item} role="option" nth={nth} of={of} class="row-item" press={press}>
      <Bars signal={n.signal} />
      <span class="what">{n.name}<span class="unseen">, </span><small>{w(protection(n))}</small></span>
      <span class="unseen">, {w("net.signal", { percent: n.signal })}{state && ", "}</span>
      <span class={`value ${n.connected ? "good" : ""}`}>{state}</span>
      {n.security !== "open" && <Lock />}
    </Item>
  );
}

const protection = (n: NetworkSeen): Word =>
  n.security === "open" ? "net.open" : n.security === "wep" ? "net.weak" : n.security === "enterprise" ? "net.enterprise" : "net.locked";

/** How well a network is heard, in four steps. */
function Bars(props: { signal: number }) {
  const lit = Math.min(4, Math.max(1, Math.ceil(props.signal / 25)));
  return <i class="bars" aria-hidden="true">{[1, 2, 3, 4].map((n) => <b key={n} class={n <= lit ? "lit" : ""} />)}</i>;
}

function Lock() {
  return (
    <svg class="lock" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 2a5 5 0 0 0-5 5v3H5v12h14V10h-2V7a5 5 0 0 0-5-5zm-3 8V7a3 3 0 0 1 6 0v3z" fill="currentColor" />
    </svg>
  );
}

const mostShown = 40; // characters: the end of what is written stays in sight

/** A password, or the name of a hidden network. Who hides it does not have it read aloud either. */
function Writing() {
  const app = useApp();
  const { w } = useWords();
  const net = useApps((s) => s.net);
  if (!net) return null;
  const name = net.stage === "name";
  const open = name || net.shown;
  const text = open ? net.text : "•".repeat(net.text.length);
  return (
    <>
      <h1>{name ? w("net.name") : w("net.password", { name: net.name })}</h1>
      <p class="soft">{!name && w("net.label")}</p>
      <p class="query" role="status" data-quiet="" aria-label={open ? net.text : w("net.typed", { n: net.text.length })}>
        <span class={open ? "" : "dots"}>{text.length > mostShown ? `…${text.slice(1 - mostShown)}` : text}</span><i class="caret" aria-hidden="true" />
      </p>
      <div class="letters" role="group" aria-label={w("net.keys")} {...(open ? {} : { "data-quiet": "" })}>
        {keys(net.layer).map((c) => (
          <Item key={c} leaf={`network/letters/${net.layer}`} item={c} class="letter" press={() => flow.type(c)}>{c}</Item>
        ))}
      </div>
      <div class="edit">
        {editItems(net).map((item) => (
          <Item key={item} leaf="network/edit" item={item} class={`letter ${item === "join" || item === "next" ? "primary" : ""}`}
            press={() => { flow.edit(item); app.showPlace(); }}>
            {faces[item] ? <>{faces[item]}<span class="unseen"> {w(editWord(item))}</span></> : w(editWord(item))}
          </Item>
        ))}
      </div>
    </>
  );
}

const faces: Readonly<Record<string, string>> = { small: "abc", capitals: "ABC", signs: "#+=" };

const editWord = (item: string): Word => (item === "open" ? "net.noPassword" : `net.${item}` as Word);

/** It is being joined, or that is over. */
function Outcome() {
  const { lang, w } = useWords();
  const net = useApps((s) => s.net);
  const reach = useApps((s) => s.network?.reach);
  const hardware = useApps((s) => s.network?.hardware) ?? "";
  const items = useApps((s) => buttons(s).join(" ")).split(" ");
  if (!net) return null;
  const told = net.problem && explain(net.problem, lang);
  const [title, text, hint]: [string, string, string] = net.stage === "joining" ? [w("net.joining", { name: net.name }), w("net.joiningNote"), ""]
    : net.stage === "failed" ? [w("net.failed", { name: net.name }), "", ""]
    : reach === "portal" ? [w("net.on", { name: net.name }), w("net.portal"), w("net.portalHint", { hardware })]
    : reach === "nothing" ? [w("net.on", { name: net.name }), w("net.nothing"), w("net.nothingHint")]
    : [w("net.on", { name: net.name }), w(reach === "internet" ? "net.online" : "net.unasked"), ""];
  return (
    <>
      <h1>{title}</h1>
      <div class="outcome" role={net.stage === "failed" ? "alert" : "status"}>
        {net.stage === "joining" && <i class="scan" aria-hidden="true" />}
        <p>{told ? <Words told={told.text} /> : text}</p>
        <p class="soft">{told ? <Words told={told.hint} /> : hint}</p>
      </div>
      <div class="buttons">
        {items.map((item) => (
          <Item key={item} leaf={`network/${net.stage}`} item={item} class="button" press={() => flow.button(item)}>
            {w(item === "on" ? "net.goOn" : `net.${item}` as Word)}
          </Item>
        ))}
      </div>
    </>
  );
}

// ---- the part of the settings

export function Rows() {
  const { w } = useWords();
  const v = useApps((s) => s.network);
  const rows = useApps((s) => settingRows(s).join("|")).split("|");
  const note: Word | undefined = v?.wifi.state === "off" ? "net.off" : v && !usable(v) ? "net.absent" : undefined;
  return (
    <>
      {note && <p class="note above">{w(note)}</p>}
      {v?.simulated && <p class="note above">{w("net.demo")}</p>}
      <div class="list" role="group" aria-label={w("settings.network")}>
        {rows.map((row) => <Row key={row} row={row} />)}
      </div>
    </>
  );
}

function Row(props: { row: string }) {
  const { lang, w } = useWords();
  const { row } = props;
  const v = useApps((s) => s.network);
  const value = useApps((s) => s.settings?.values[row]) ?? "";
  const sure = useApps((s) => s.dropping === "network");
  const { name = "", signal } = v?.wifi ?? {};
  const fact = (what: Word, value: string, note?: string, good?: boolean) => (
    <Fact section="network" item={row} what={w(what)} value={value} good={good} {...(note ? { note } : {})} />
  );
  const act = (what: string, note: string, value = "") => (
    <Item leaf="settings/rows/network" item={row} class="row-item act" press={() => flow.row(row)}>
      <span class="what">{what}<small>{note}</small></span>{value && <span class="value">{value}</span>}
    </Item>
  );
  switch (row) {
    case "link": {
      const heard = v?.link === "wifi" && signal ? w("net.signal", { percent: signal }) : undefined;
      return fact("net.link", v?.link === "wifi" && name ? `${w("net.link.wifi")} · ${name}` : v?.link ? w(`net.link.${v.link}`) : w("net.reach.unknown"), heard);
    }
    case "address": return fact("net.address", v?.address ?? "", v?.hardware && w("net.addressNote", { hardware: v.hardware }));
    case "reach": return fact("net.reach", w(`net.reach.${v?.reach ?? "unknown"}` as Word), v?.reach === "portal" ? w("net.portalHint", { hardware: v.hardware ?? "" }) : undefined, v?.reach && v.reach === "internet");
    case "choose": return act(w("net.choose"), w("net.chooseNote"));
    case "forget": return act(w("net.forget", { name }), w(sure ? "net.sure" : "net.forgetNote"), v?.attempt?.act === "forget" && v.attempt.phase === "running" ? w("net.forgetting") : "");
  }
  return (
    <Item leaf="settings/rows/network" item={row} class="row-item" extra={{ "aria-haspopup": "listbox" }} press={() => flow.row(row)}>
      <span class="what">{settingName(row, lang)}{row === "network.metered" && v && <small>{w(v.paid ? "net.paid" : "net.unpaid")}</small>}</span><Colon />
      <span class="value">{valueText(row, value, lang)}</span>
    </Item>
  );
}
