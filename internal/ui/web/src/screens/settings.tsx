// Settings: the parts on the left, what each lets one choose on the right, and
// the list of values over it.

import { useEffect } from "preact/hooks";
import { absentOf, rowsOf, sectionNames, settingName, valuesOf, valueText, type Section } from "../choices";
import { bytes } from "../format";
import { explain, known, type Word } from "../text";
import type { Check } from "../types";
import { BoxCard, PlayerCard, ServicesCard } from "./about";
import { Colon, Fact } from "./fact";
import { Item, useApp, useApps, useWords, Words } from "./item";
import { PhonesPart } from "./phones";
import { Update } from "./update";
import { ToBeSent } from "./who";

export function SettingsScreen() {
  const app = useApp();
  const { w } = useWords();
  const section = useApps((s) => (s.place?.leaf === "settings/sections" ? s.place.item : app.section)) as Section;
  const choosing = useApps((s) => s.choosing);
  const place = useApps((s) => s.place);
  useEffect(() => { // long lists move so that what has the focus is seen
    if (place?.leaf.startsWith("settings/")) document.activeElement?.scrollIntoView({ block: "nearest" });
  }, [place]);
  return (
    <main class={`settings ${choosing ? "aside" : ""}`}>
      <h1 class="unseen">{w("menu.settings")}</h1>
      <div class="sections" role="tablist" aria-orientation="vertical" aria-label={w("menu.settings")}>
        {sectionNames.map((name) => (
          <Item key={name} leaf="settings/sections" item={name} role="tab" class="tab" chosen={name === section}
            press={() => app.move("right")}>{w(`settings.${name}`)}</Item>
        ))}
      </div>
      <section class="rows" key={section} aria-label={w(`settings.${section}`)}>
        <h2>{w(`settings.${section}`)}</h2>
        <Part section={section} />
      </section>
      {choosing && <Options name={choosing} />}
    </main>
  );
}

function Part(props: { section: Section }) {
  const { section } = props;
  const net = useApps((s) => s.parts.network);
  switch (section) {
    case "storage": return <Storage />;
    case "phones": return <PhonesPart />;
    case "network": return net ? <net.Rows /> : <Rows section={section} />;
    case "update": return <Update />;
    case "privacy": return <Privacy />;
    case "health": return <Health />;
    case "about": return <About />;
    default: return <Rows section={section} />;
  }
}

function Rows(props: { section: Section }) {
  const app = useApp();
  const { lang, w } = useWords();
  const { section } = props;
  const settings = useApps((s) => s.settings);
  const absent = absentOf(settings, section);
  return (
    <>
      {section === "subtitles" && !absent && <Sample />}
      <div class="list" role="group" aria-label={w(`settings.${section}`)}>
        {rowsOf(settings, section).map((name) => {
          const value = valueText(name, settings?.values[name] ?? "", lang);
          return (
            <Item key={name} leaf={`settings/rows/${section}`} item={name} class="row-item"
              extra={{ "aria-haspopup": "listbox" }} press={() => app.choices.open(name)}>
              <span class="what">{settingName(name, lang)}</span><Colon />
              <span class="value">{value}</span>
            </Item>
          );
        })}
      </div>
      {absent && <p class="note">{w(`absent.${absent}` as Word)}</p>}
    </>
  );
}

/** What can be chosen, with what is chosen now. */
function Options(props: { name: string }) {
  const app = useApp();
  const { lang } = useWords();
  const settings = useApps((s) => s.settings);
  const now = settings?.values[props.name];
  const all = valuesOf(settings, props.name);
  return (
    <div class="panel options" role="dialog" aria-label={settingName(props.name, lang)}>
      <h2>{settingName(props.name, lang)}</h2>
      <div class="list" role="listbox" aria-label={settingName(props.name, lang)}>
        {all.map((value, i) => (
          <Item key={value} leaf="settings/options" item={value} role="option" nth={i + 1} of={all.length}
            class={`row-item ${value === now ? "picked" : ""}`} press={() => void app.choices.choose(value)}>
            <i class="tick" aria-hidden="true" />
            <span class="what" lang={props.name === "language" && value !== "auto" ? value : undefined}>{valueText(props.name, value, lang)}</span>
          </Item>
        ))}
      </div>
    </div>
  );
}

// As the daemon names them to the player.
const families: Record<string, string> = {
  sans: "sans-serif", serif: "serif", mono: "monospace", "mono-serif": "Courier, monospace", casual: "\"Comic Neue\", sans-serif", cursive: "cursive",
};

// Edges as the player draws them.
const edges: Record<string, string> = {
  outline: "0 0 .3rem #000, 0 0 .2rem #000, .1rem .1rem .1rem #000, -.1rem -.1rem .1rem #000",
  shadow: ".2rem .2rem .15rem #000c",
  raised: "0 0 .1rem #000, .07rem .07rem 0 #000, .14rem .14rem 0 #000",
  depressed: "0 0 .1rem #000, -.07rem -.07rem 0 #000, -.14rem -.14rem 0 #000",
};

/** A line of subtitles as it will look: with what is chosen, or what the focus is on. */
function Sample() {
  const { w } = useWords();
  const kept = useApps((s) => s.settings?.values);
  const choosing = useApps((s) => s.choosing);
  const meant = useApps((s) => (s.place?.leaf === "settings/options" ? s.place.item : undefined));
  const v: Record<string, string> = { ...kept, ...(choosing && meant ? { [choosing]: meant } : {}) };
  const share = (name: string): number => Number(v[name] ?? 100) / 100;
  const dense = share("subtitle.dense");
  const edge = v["subtitle.edge"] ?? "";
  const shadow = edges[dense > 0 && edge === "shadow" ? "none" : edge] ?? "none"; // there are no shadows in a box
  const color = `color-mix(in srgb, ${v["subtitle.color"] ?? "white"} ${share("subtitle.solid") * 100}%, transparent)`;
  return (
    <div class="sample" aria-hidden="true">
      <span style={{ position: "relative", fontSize: `${2.1 * share("subtitle.size")}rem`, fontFamily: families[v["subtitle.font"] ?? "sans"] }}>
        <i style={{ background: v["subtitle.plate"], opacity: dense }} />
        <b style={{ color, filter: `brightness(${share("subtitle.sdr")})`, textShadow: shadow }}>{w("subtitle.sample")}</b>
      </span>
    </div>
  );
}

function Storage() {
  const app = useApp();
  const { lang, w } = useWords();
  const c = useApps((s) => s.cache);
  if (!c) return <p class="note">{w("loading")}</p>;
  return (
    <div class="list" role="group" aria-label={w("settings.storage")}>
      <Fact section="storage" item="memory" what={w("storage.memory")} value={w("storage.of", { used: bytes(c.memoryBytes, lang), all: bytes(c.memoryBudget, lang) })} />
      <Fact section="storage" item="disk" what={w("storage.disk")} value={w("storage.of", { used: bytes(c.diskBytes, lang), all: bytes(c.diskBudget, lang) })} />
      <Fact section="storage" item="flash" what={w("storage.flash")} value={bytes(c.flashBytes, lang)} note={w("storage.flashNote")} />
      <Fact section="storage" item="ahead" what={w("storage.ahead")} value={bytes(c.kits?.dayBytes ?? 0, lang)} note={w("storage.aheadNote")} />
      <Item leaf="settings/rows/storage" item="clear" class="row-item act" press={() => void app.clearCache()}>
        <span class="what">{w("storage.clear")}<small>{w("storage.clearNote")}</small></span>
      </Item>
    </div>
  );
}

function Privacy() {
  const { w } = useWords();
  const count = useApps((s) => Object.keys(s.progress).length);
  const services = useApps((s) => (s.system?.services ?? []).map((x) => x.name || x.id).join(", "));
  const on = useApps((s) => s.insights?.on);
  return (
    <>
      <div class="list" role="group" aria-label={w("settings.privacy")}>
        <Fact section="privacy" item="kept" what={w("privacy.kept")} value={w("about.titles", { n: count })} note={w("privacy.keptNote")} />
        <Fact section="privacy" item="services" what={w("privacy.services")} value={services || w("facts.none")} note={w("privacy.servicesNote")} />
        <Fact section="privacy" item="insights" what={w("privacy.insights")} value={on ? w("privacy.insightsOn") : w("facts.none")} note={w("privacy.insightsWhere")} />
        <Fact section="privacy" item="others" what={w("privacy.others")} value={w("facts.none")} note={w("privacy.othersNote")} />
      </div>
      {on && <ToBeSent />}
    </>
  );
}

/** What the doctor found, the bad first, each with its next step. */
function Health() {
  const app = useApp();
  const { lang, w } = useWords();
  const checks = useApps((s) => s.checks);
  const problems = useApps((s) => s.system?.problems) ?? [];
  const list: readonly Check[] = Array.isArray(checks) ? (checks as Check[]) : [];
  const told = new Set(problems.map((p) => p.code));
  return (
    <div class="list" role="group" aria-label={w("settings.health")}>
      <Item leaf="settings/rows/health" item="again" class="row-item act" press={() => void app.check()}>
        <span class="what">{w("health.again")}</span>
        <span class="value">{checks === "asking" ? w("about.checking") : list.length > 0 && list.every((c) => c.ok) ? w("about.well") : ""}</span>
      </Item>
      {problems.map((p) => (
        <Item key={p.code} leaf="settings/rows/health" item={`problem ${p.code}`} class="row-item fact-row" press={() => undefined}>
          <span class="what"><Words told={explain(p, lang).text} /><small><Words told={explain(p, lang).hint} /></small></span>
          <span class="value bad">{w("health.bad")}</span>
        </Item>
      ))}
      {list.filter((c) => !told.has(c.name)).map((c, i) => (
        <Item key={`${c.name}${i}`} leaf="settings/rows/health" item={`check ${i}`} class="row-item fact-row" press={() => undefined}>
          <Checked check={c} />
          <span class={`value ${c.severity === "ok" ? "good" : "bad"}`}>{w(c.ok ? "health.good" : c.severity === "error" ? "health.bad" : "health.warning")}</span>
        </Item>
      ))}
    </div>
  );
}

/** What was looked at, in the page's language, and what was found, in the doctor's. */
function Checked(props: { check: Check }) {
  const { w } = useWords();
  const { name, text, hint } = props.check;
  const word = `health.of.${name.split(" ")[0]}`;
  if (!known(word)) return <span class="what" lang="en">{text}{hint && <small>{hint}</small>}</span>;
  return <span class="what">{w(word)}<small lang="en">{text}{hint && ` ${hint}`}</small></span>;
}

function About() {
  const { w } = useWords();
  return (
    <>
      <div class="cards"><BoxCard /><PlayerCard /><ServicesCard /></div>
      <p class="note">{w("about.help")}</p>
    </>
  );
}
