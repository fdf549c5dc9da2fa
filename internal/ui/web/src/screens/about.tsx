// About: the language, and how the box, its player and its services stand.

import type { ComponentChildren } from "preact";
import { explain, languages } from "../text";
import type { Television } from "../types";
import { Item, useApp, useApps, useWords, Words } from "./item";

export function About() {
  const app = useApp();
  const { lang, w } = useWords();
  return (
    <main class="about-page">
      <h1>{w("about.title")}</h1>
      <h2 id="languages">{w("about.language")}</h2>
      <div class="buttons" role="group" aria-labelledby="languages">
        {languages.map(([tag, name]) => (
          <Item key={tag} leaf="about/languages" item={tag} class="button" chosen={tag === lang} press={() => app.speak(tag)}>
            <span lang={tag}>{name}</span>
          </Item>
        ))}
      </div>
      <div class="cards">
        <Box />
        <PlayerCard />
        <Services />
        <Health />
      </div>
      <p class="help">{w("about.help")}</p>
    </main>
  );
}

function Card(props: { item: string; title: string; press?: () => void; children: ComponentChildren }) {
  return (
    <Item leaf="about/cards" item={props.item} class="panel-card" press={() => props.press?.()}>
      <strong>{props.title}</strong>
      {props.children}
    </Item>
  );
}

function Line(props: { name: string; good?: boolean | undefined; children: ComponentChildren }) {
  return (
    <span class="line">
      <span class="key">{props.name}</span>{" "}
      <span class={props.good === undefined ? "" : props.good ? "good" : "bad"}>{props.children}</span>
    </span>
  );
}

function Box() {
  const { w } = useWords();
  const system = useApps((s) => s.system);
  return (
    <Card item="box" title={w("about.box")}>
      <Line name={w("about.version")}>{system?.version ?? "–"}</Line>
      <Line name={w("about.demo")}>{system?.demo ? w("about.yes") : w("about.no")}</Line>
      <Line name={w("about.tv")} good={system?.tv?.present}>{tvText(system?.tv, w)}</Line>
    </Card>
  );
}

function tvText(tv: Television | undefined, w: ReturnType<typeof useWords>["w"]): string {
  if (!tv?.present) return w("tv.none");
  if (tv.active && tv.power === "on") return w("tv.shown");
  return w(tv.power === "standby" ? "tv.standby" : "tv.other");
}

function PlayerCard() {
  const { w } = useWords();
  const system = useApps((s) => s.system);
  const player = system?.player;
  const picture = player?.simulated ? w("player.simulated") : player?.video ? w("about.yes") : w("about.no");
  return (
    <Card item="player" title={w("about.player")}>
      <Line name={w("about.name")}>{player?.identity || "–"}</Line>
      <Line name={w("about.state")} good={system?.playerReady}>{w(system?.playerReady ? "about.ready" : "about.notReady")}</Line>
      <Line name={w("about.picture")}>{picture}</Line>
    </Card>
  );
}

function Services() {
  const { lang, w } = useWords();
  const services = useApps((s) => s.system?.services);
  return (
    <Card item="services" title={w("about.services")}>
      {(services ?? []).slice(0, 3).map((s) => (
        <Line key={s.id} name={s.name || s.id} good={s.reachable}>
          {w(s.reachable ? "about.reachable" : "about.away")} · {w("about.titles", { n: s.titles })}
          {s.problem && <small><Words told={explain(s.problem, lang).hint} /></small>}
        </Line>
      ))}
    </Card>
  );
}

const shownChecks = 4;

function Health() {
  const app = useApp();
  const { lang, w } = useWords();
  const checks = useApps((s) => s.checks);
  const problems = useApps((s) => s.system?.problems);
  const bad = Array.isArray(checks) ? checks.filter((c) => !c.ok) : [];
  return (
    <Card item="health" title={w("about.health")} press={() => void app.check()}>
      {(problems ?? []).slice(0, shownChecks).map((p) => (
        <span key={p.code} class="line bad"><Words told={explain(p, lang).text} /> <small><Words told={explain(p, lang).hint} /></small></span>
      ))}
      {bad.slice(0, shownChecks - (problems?.length ?? 0)).map((c) => (
        <span key={c.name} class="line bad" lang="en">{c.text} <small>{c.hint}</small></span>
      ))}
      {checks === "asking" && <span class="line">{w("about.checking")}</span>}
      {checks !== "asking" && bad.length === 0 && !problems?.length && <span class="line good">{w("about.well")}</span>}
      <span class="line key">{w("about.again")}</span>
    </Card>
  );
}
