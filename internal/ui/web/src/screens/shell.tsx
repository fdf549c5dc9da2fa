// The frame around the screens: backdrop, menu, banner, notices, rest.

import { useEffect, useState } from "preact/hooks";
import type { App } from "../app";
import { menuItems } from "../layout";
import { asking } from "../people";
import { summary, top, type State } from "../state";
import { timeOfDay } from "../format";
import { explain } from "../text";
import { Home } from "./home";
import { Item, Provider, useApp, useApps, useWords, Words } from "./item";
import { Rest, useClock, Warning, Wordmark } from "./standby";

export function Shell(props: { app: App }) {
  return (
    <Provider app={props.app}>
      <Screen />
    </Provider>
  );
}

// The screens without the menu.
const bare: ReadonlySet<string> = new Set(["details", "player", "welcome", "network", "profile", "buy", "bought"]);

function Screen() {
  const { lang } = useWords();
  const route = useApps(top);
  const first = useApps(asking);
  const filmed = useApps(pictured);
  const { titles, player, household, network } = useApps((s) => s.parts);
  const { name } = route;
  return (
    <div class={`screen on-${name} ${filmed ? "filmed" : ""}`} lang={lang}>
      <Backdrop />
      <header>
        {!bare.has(name) && !(name === "who" && first) && <Menu current={name} />}
        <Time />
      </header>
      <Home hidden={name !== "home"} />
      {titles && name === "search" && <titles.Search />}
      {household && name === "settings" && <household.SettingsScreen />}
      {household && name === "welcome" && <household.Welcome />}
      {network && name === "network" && <network.Screen />}
      {household && name === "who" && <household.Who edit={route.edit} />}
      {household && name === "profile" && <household.ProfilePage />}
      {titles && name === "buy" && <titles.BuyScreen />}
      {household && name === "account" && <household.AccountScreen />}
      {household && name === "bought" && <household.BoughtScreen />}
      {titles && name === "details" && <titles.Details key={route.id} id={route.id} />}
      {player && name === "player" && <player.PlayerScreen />}
      {household && <household.PINPad />}
      <Banner />
      <Notice />
      <Warning />
      <Rest />
    </div>
  );
}

function Menu(props: { current: string }) {
  const app = useApp();
  const items = useApps((s) => menuItems(s).join(" ")).split(" ") as ReturnType<typeof menuItems>;
  const { w } = useWords();
  return (
    <nav class="menu" aria-label={w("menu.label")}>
      <Wordmark />
      {items.map((name) => (
        <Item key={name} leaf="menu" item={name} class={`entry ${name === props.current ? "current" : ""}`}
          extra={{ "aria-current": name === props.current ? "page" : undefined }} press={() => app.go(name)}>
          {w(`menu.${name}`)}
        </Item>
      ))}
    </nav>
  );
}

function Time() {
  const { lang } = useWords();
  const unseen = useApps((s) => s.link === "down" || (top(s).name === "player" && !s.overlay)); // the banner is in its place
  return <time class={`now ${unseen ? "unlit" : ""}`}>{timeOfDay(useClock(5000), lang)}</time>;
}

/** A film's picture is behind the page, on boxes whose video plane is there (docs/kiosk.md). */
function pictured(s: State): boolean {
  const { phase } = s.playback ?? { phase: "idle" };
  const shown = phase === "playing" || phase === "paused" || phase === "buffering";
  return shown && !s.starting && top(s).name === "player" && !!s.system?.player.video && !s.system.player.simulated;
}

/** The picture behind the present screen. */
function behind(s: State): string | undefined {
  const route = top(s);
  if (route.name === "player") return s.starting?.backdrop || s.playback?.backdrop || pictureOf(s, s.playback?.titleId);
  if (route.name === "details") return pictureOf(s, route.id);
  return route.name === "home" ? pictureOf(s, s.settled) : undefined;
}

function pictureOf(s: State, id: string | undefined): string | undefined {
  const t = summary(s, id);
  return t?.backdrop || (t?.seriesId ? summary(s, t.seriesId)?.backdrop : undefined);
}

const settleMs = 160;
const fadeMs = 500; // a little more than the transition takes

/** Fades from one backdrop to the next once the focus has settled and the picture is decoded. */
function Backdrop() {
  const src = useApps(behind);
  const down = useApps((s) => s.link === "down"); // what could not be fetched meanwhile is, afterwards
  const [pair, turn] = useState<{ a?: string | undefined; b?: string | undefined; front: "a" | "b" }>({ front: "a" });
  useEffect(() => {
    if (pair[pair.front] === src) return;
    let gone = false;
    const show = (url: string | undefined): void => {
      if (!gone) turn((p) => (p.front === "a" ? { ...p, b: url, front: "b" } : { ...p, a: url, front: "a" }));
    };
    const timer = setTimeout(() => {
      if (!src) return show(undefined);
      const img = new Image();
      img.src = src;
      img.decode().then(() => show(src), () => show(undefined));
    }, settleMs);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [src, down]);
  useEffect(() => { // what has faded away goes: who watches next may not be shown it
    const back = pair.front === "a" ? "b" : "a";
    if (!pair[back]) return;
    const timer = setTimeout(() => turn((p) => (p.front === back ? p : { ...p, [back]: undefined })), fadeMs);
    return () => clearTimeout(timer);
  }, [pair]);
  const layer = (which: "a" | "b") => (
    <div class={`layer ${pair.front === which && pair[which] ? "front" : ""}`}>
      {pair[which] && <img src={pair[which]} alt="" draggable={false} />}
    </div>
  );
  return <div class={`backdrop ${pair[pair.front] ? "" : "lamplit"}`} aria-hidden="true">{layer("a")}{layer("b")}<i class="shade" /></div>;
}

/** The daemon is away: said quietly, nothing is lost. */
function Banner() {
  const { w } = useWords();
  const link = useApps((s) => s.link);
  return <div class={`banner ${link === "down" ? "shown" : ""}`} role="status">{link === "down" && <><i />{w("banner.looking")}</>}</div>;
}

/** What could not be done, and what to do now. */
function Notice() {
  const { lang } = useWords();
  const notice = useApps((s) => s.notice);
  const told = notice && explain(notice, lang);
  return (
    <div class={`notice ${told ? "shown" : ""}`} role="alert">
      {told && <><strong><Words told={told.text} /></strong> <span><Words told={told.hint} /></span></>}
    </div>
  );
}
