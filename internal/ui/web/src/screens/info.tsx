// Why the picture is as it is: what is played, what the network carries, and
// the box's own reasons. Honest: what is not known is not shown.

import { clock, named, rendition } from "../format";
import { inHand } from "../scrub";
import type { Word } from "../text";
import { Item, useApp, useApps, useWords } from "./item";

export function Info() {
  const app = useApp();
  const { lang, w } = useWords();
  const p = useApps((s) => s.playback);
  const now = useApps((s) => s.now);
  const tracks = useApps((s) => s.tracks);
  const film = useApps((s) => s.cache?.film);
  const why = useApps((s) => s.why);
  if (!p) return null;
  const n = (v: number, digits = 0): string => new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(v);
  const held = inHand(p, now);
  const sound = (tracks?.audio ?? []).find((t) => t.selected);
  const range = tracks?.picture?.hdr && tracks.picture.hdr !== "sdr" ? "HDR" : "";
  const facts: [Word, string][] = [
    ["info.picture", [rendition(p, lang, film), range].filter(Boolean).join(" · ")],
    ["tracks.sound", [sound?.language ? named("language", sound.language, lang) : "", sound?.channels && sound.channels > 2 ? `${sound.channels - 1}.1` : ""].filter(Boolean).join(" · ")],
    ["info.link", film?.linkRate ? `${n(film.linkRate / 1e6, 1)} Mb/s` : ""],
    ["info.held", held ? clock(held) : ""],
    ["info.start", film?.startMs ? `${n(film.startMs / 1000, 1)} s` : ""],
    ["info.stalls", film ? n(film.stalls) : ""],
    ["info.switches", film ? n(film.switches) : ""],
  ];
  return (
    <div class="panel info" role="dialog" aria-label={w("player.info")}>
      <h2>{w("player.info")}</h2>
      <dl class="table">
        {facts.filter(([, text]) => text).map(([word, text]) => <div key={word}><dt>{w(word)}</dt><dd>{text}</dd></div>)}
      </dl>
      {why && why.length > 0 && <p class="synopsis" lang="en">{why.map((r) => r.text).join(" ")}</p>}
      <div class="buttons">
        <Item leaf="player/info" item="close" class="button" press={() => app.player.panels.close()}>{w("player.leave")}</Item>
      </div>
    </div>
  );
}
