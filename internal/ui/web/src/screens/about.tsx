// About: how the box, its player and its services stand.

import type { ComponentChildren } from "preact";
import { explain } from "../text";
import type { Television } from "../types";
import { Item, useApps, useWords, Words } from "./item";

function Card(props: { item: string; title: string; children: ComponentChildren }) {
  return (
    <Item leaf="settings/rows/about" item={props.item} class="panel-card" press={() => undefined}>
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

export function BoxCard() {
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

export function PlayerCard() {
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

export function ServicesCard() {
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
