// The menu of sound, subtitles and their timing. What the player cannot do is
// said in words, not offered greyed out.

import { styleRows } from "../layout";
import { choices, delayText, trackName } from "../tracks";
import type { Track } from "../types";
import { Item, useApp, useApps, useWords } from "./item";

export function TrackMenu() {
  const app = useApp();
  const { w } = useWords();
  const t = useApps((s) => s.tracks);
  const styled = useApps((s) => styleRows(s.settings).length > 0);
  const has = choices(t);
  return (
    <div class="panel tracks" role="dialog" aria-label={w("player.tracks")}>
      <div class="kinds">
        <Kind leaf="player/sound" head={w("tracks.sound")} items={has.sound} list={t?.audio ?? []} />
        <Kind leaf="player/subtitles" head={w("tracks.subtitles")} items={has.subtitles} list={t?.subtitles ?? []} />
      </div>
      {has.delay.length > 0 ? <Delays items={has.delay} /> : <p class="synopsis">{w("tracks.noDelay")}</p>}
      {has.subtitles.length > 1 && styled && (
        <Item leaf="player/restyle" item="style" class="button" press={() => app.player.pressed("style")}>{w("tracks.style")}</Item>
      )}
    </div>
  );
}

function Kind(props: { leaf: string; head: string; items: string[]; list: readonly Track[] }) {
  const app = useApp();
  const { lang, w } = useWords();
  const { leaf, items, list } = props;
  const none = !list.some((t) => t.selected);
  const name = (item: string): string => {
    const t = list.find((x) => String(x.id) === item);
    return t ? trackName(t, lang) : w("tracks.none");
  };
  return (
    <section>
      <h2>{props.head}</h2>
      {items.length === 0 && <p class="synopsis">{w(list.length ? "tracks.fixed" : "tracks.absent")}</p>}
      {items.map((item) => (
        <Item key={item} leaf={leaf} item={item} class="button" press={() => app.player.panels.choice(leaf, item)}
          chosen={item === "0" ? none : !!list.find((t) => String(t.id) === item)?.selected}>
          {name(item)}
        </Item>
      ))}
    </section>
  );
}

function Delays(props: { items: string[] }) {
  const app = useApp();
  const { lang, w } = useWords();
  const audio = useApps((s) => s.tracks?.audioDelayMs ?? 0);
  const subtitles = useApps((s) => s.tracks?.subtitleDelayMs ?? 0);
  const step = (kind: string, sign: string, head: string, ms: number) => (
    <Item leaf="player/delay" item={`${kind}:${sign}`} class="button" press={() => app.player.panels.choice("player/delay", `${kind}:${sign}`)}
      label={`${w(sign === "+" ? "tracks.later" : "tracks.earlier", { what: head })}, ${delayText(ms, lang)}`}>
      {sign === "+" ? "+" : "−"}
    </Item>
  );
  const row = (kind: string, head: string, ms: number) => (
    <div class="delay">
      <h2>{head}</h2>
      {step(kind, "-", head, ms)}
      <output>{delayText(ms, lang)}</output>
      {step(kind, "+", head, ms)}
    </div>
  );
  return (
    <div class="delays">
      {row("audio", w("tracks.soundDelay"), audio)}
      {props.items.includes("subtitles:-") && row("subtitles", w("tracks.subtitleDelay"), subtitles)}
    </div>
  );
}
