// The account screen: the code as letters and as a QR code, and what became of it.

import { accounts, accountButtons, accountShown, codeLeft, modules } from "../account";
import { watching } from "../people";
import { explain, type Word } from "../text";
import type { Account, Keys } from "../types";
import { Item, useApp, useApps, useWords, Words } from "./item";
import { useClock } from "./standby";

export function AccountScreen() {
  const { w } = useWords();
  const a = useApps(accountShown);
  return (
    <main class="account-page">
      <section class="told">
        <h1>{w("account.title")}</h1>
        <Choice />
        {a && <Standing a={a} />}
        <Buttons a={a} />
        <KeysLine />
      </section>
      {a?.phase === "waiting" && <Code a={a} />}
    </main>
  );
}

/** Which service, where there are several. */
function Choice() {
  const app = useApp();
  const { w } = useWords();
  const all = useApps(accounts);
  const shown = useApps(accountShown);
  const names = useApps((s) => s.system?.services);
  if (all.length < 2) return null;
  return (
    <div class="buttons" role="group" aria-label={w("account.services")}>
      {all.map((a) => (
        <Item key={a.service} leaf="account/services" item={a.service} class="button" chosen={a.service === shown?.service}
          press={() => app.store.set({ account: a.service, sure: false })}>
          {names?.find((s) => s.id === a.service)?.name || a.service}
        </Item>
      ))}
    </div>
  );
}

/** How it stands, in a sentence or two. */
function Standing(props: { a: Account }) {
  const { a } = props;
  const { lang, w } = useWords();
  const service = useApps((s) => s.system?.services?.find((x) => x.id === a.service)?.name || a.service);
  const told = a.problem && explain(a.problem, lang);
  const word: Word = a.phase === "paired" ? "account.paired" : a.phase === "asking" ? "account.asking" : a.phase === "waiting" ? "account.how" : "account.idle";
  return (
    <div class="standing" role="status">
      {told
        ? <p class="bad"><Words told={told.text} /> <Words told={told.hint} /></p>
        : <p class={a.phase === "paired" ? "good" : ""}>{w(word, { service })}</p>}
      {a.phase === "waiting" && <p class="soft">{w("account.trust")}</p>}
      {a.away && <p class="soft">{w("account.away")}</p>}
      {a.telling && <p class="soft">{w("account.telling")}</p>}
    </div>
  );
}

function Buttons(props: { a: Account | undefined }) {
  const app = useApp();
  const { w } = useWords();
  const sure = useApps((s) => s.sure);
  const who = useApps(watching);
  const word = (button: string): Word =>
    button === "unpair" && sure ? "account.sure" : button === "pair" && props.a?.problem ? "account.renew" : (`account.${button}` as Word);
  return (
    <div class="buttons">
      {accountButtons(props.a, who).map((b) => (
        <Item key={b} leaf="account/buttons" item={b} class="button" press={() => app.accounts.pressed(b)}>{w(word(b))}</Item>
      ))}
    </div>
  );
}

/** What a phone needs. The letters are there for those who cannot scan. */
function Code(props: { a: Account }) {
  const { a } = props;
  const { w } = useWords();
  const left = codeLeft(a, useClock(1000));
  if (!left) return null; // the box says so in a moment
  const uri = a.uri ?? "";
  return (
    <section class="code" aria-label={w("account.code")}>
      {a.qr && (
        <svg class="qr" viewBox={`-4 -4 ${a.qr.size + 8} ${a.qr.size + 8}`} role="img" aria-label={w("account.qr", { uri })} shape-rendering="crispEdges">
          <rect x="-4" y="-4" width={a.qr.size + 8} height={a.qr.size + 8} fill="#fff" />
          <path d={modules(a.qr.size, a.qr.modules)} fill="#000" />
        </svg>
      )}
      <dl>
        <dt>{w("account.address")}</dt>
        <dd class={uri.length > 40 ? "address long" : "address"}>{uri.replace(/^https:\/\//, "")}</dd>
        <dt>{w("account.code")}</dt>
        <dd class={`user-code ${(a.userCode ?? "").length > 10 ? "long" : ""}`} aria-label={[...(a.userCode ?? "")].join(" ")}>{a.userCode}</dd>
      </dl>
      <p class="soft">{w("account.left", { time: left })}</p>
    </section>
  );
}

const keysWord = (k: Keys): Word => (k.tier === "kernel" ? "account.keys.memory" : k.bound && k.sealed ? "account.keys.sealed" : k.sealed ? "account.keys.half" : "account.keys.file");

/** What a stolen disk would be worth. */
function KeysLine() {
  const { w } = useWords();
  const keys = useApps((s) => s.pairing?.keys);
  return keys?.tier ? <p class="keys">{w("account.keys")}: {w(keysWord(keys))}</p> : null;
}
