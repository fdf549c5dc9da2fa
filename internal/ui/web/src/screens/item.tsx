// The parts that every screen uses: a focusable element, a picture, words.

import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { App } from "../app";
import { domId } from "../drawn";
import type { State } from "../state";
import { useStore } from "../store";
import { say, tell, type Lang, type Told, type Word } from "../text";
import type { Text } from "../types";

const Context = createContext<App | undefined>(undefined);
const Language = createContext<Lang>("en");

/** Gives every screen the application and the language. */
export function Provider(props: { app: App; children: ComponentChildren }) {
  const lang = useStore(props.app.store, (s) => s.lang);
  return (
    <Context.Provider value={props.app}>
      <Language.Provider value={lang}>{props.children}</Language.Provider>
    </Context.Provider>
  );
}

export function useApp(): App {
  return useContext(Context) as App;
}

export function useApps<T>(choose: (s: State) => T): T {
  return useStore(useApp().store, choose);
}

/** The language, and the page's own words in it. */
export function useWords(): { lang: Lang; w: (word: Word, fill?: Record<string, string | number>) => string } {
  const lang = useContext(Language);
  return { lang, w: (word, fill) => say(lang, word, fill) };
}

/** A text of a service, marked with its own language when that is another one. */
export function Say(props: { text: Text | null | undefined }) {
  const { lang } = useWords();
  return <Words told={tell(props.text, lang)} />;
}

export function Words(props: { told: Told }) {
  const { lang } = useWords();
  const { told } = props;
  return told.lang === lang ? <>{told.text}</> : <span lang={told.lang}>{told.text}</span>;
}

interface ItemProps {
  leaf: string;
  item: string;
  label?: string | undefined;
  class?: string;
  role?: "option" | "tab" | "slider";
  nth?: number; // of an option: its place among `of`
  of?: number;
  chosen?: boolean | undefined; // of a tab, or of a button that is one of several
  x?: number; // placed by a transform, in rem
  press(e: MouseEvent): void;
  extra?: Record<string, string | number | undefined>;
  children?: ComponentChildren;
}

/** Something that can be focused and pressed: one place of the focus tree. */
export function Item(props: ItemProps) {
  const app = useApp();
  const { leaf, item, role } = props;
  const focused = useApps((s) => s.place?.leaf === leaf && s.place.item === item);
  const element = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (focused && document.activeElement !== element.current) element.current?.focus({ preventScroll: true }); // it was not drawn before
  }, [focused]);
  const press = (e: MouseEvent): void => {
    app.point(leaf, item);
    props.press(e);
  };
  const Tag = role ? "div" : "button";
  return (
    <Tag
      ref={element as never}
      id={domId(leaf, item)}
      class={`item ${props.class ?? ""} ${focused ? "focused" : ""}`}
      {...(role ? { role } : { type: "button" })}
      tabIndex={focused ? 0 : -1}
      aria-label={props.label}
      aria-selected={role === "option" ? focused : role === "tab" ? props.chosen : undefined}
      aria-pressed={!role && props.chosen !== undefined ? props.chosen : undefined}
      aria-posinset={props.nth}
      aria-setsize={props.of}
      style={props.x === undefined ? undefined : { transform: `translateX(${props.x}rem)` }}
      onClick={press}
      {...props.extra}
    >
      {props.children}
    </Tag>
  );
}

/** A picture that appears when it is there; while a key is held none is asked for, and what failed is asked for again when the box is back. */
export function Picture(props: { src: string | undefined; class?: string }) {
  const moving = useApps((s) => s.moving);
  const [asked, ask] = useState(moving ? undefined : props.src);
  const [here, arrived] = useState(false);
  const up = useApps((s) => s.link === "up");
  const failed = useRef(false);
  const [round, again] = useState(0);
  useEffect(() => {
    if (!up || !failed.current) return;
    failed.current = false;
    again((n) => n + 1);
  }, [up]);
  useEffect(() => {
    if (!moving && asked !== props.src) {
      arrived(false);
      ask(props.src);
    }
  }, [moving, props.src]);
  if (!asked) return null;
  return (
    <img
      key={round}
      class={`${props.class ?? ""} ${here ? "here" : ""}`}
      src={asked}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={() => arrived(true)}
      onError={() => {
        failed.current = true;
        arrived(false);
      }}
    />
  );
}

/** The part of a title that was watched. */
export function Watched(props: { id: string }) {
  const p = useApps((s) => s.progress[props.id]);
  if (!p || p.finished || !p.durationMs || p.positionMs < 5000) return null;
  return (
    <span class="watched" aria-hidden="true">
      <i style={{ transform: `scaleX(${Math.min(1, p.positionMs / p.durationMs)})` }} />
    </span>
  );
}
