// The part of the settings about phones that act as remotes.

import type { PhonesView, PhoneWindow } from "../api";
import { codeLeft, modules } from "../account";
import { grouped, phoneOf, phoneRows } from "../phones";
import type { Word } from "../text";
import { Colon } from "./fact";
import { Item, useApp, useApps, useWords } from "./item";
import { useClock } from "./standby";

export function PhonesPart() {
  const { w } = useWords();
  const p = useApps((s) => s.phones);
  const rows = useApps((s) => phoneRows(s).join("|")).split("|").filter(Boolean);
  if (!p) return <p class="note">{w("loading")}</p>;
  if (!p.allowed) return <p class="note">{w("absent.phones")}</p>;
  return (
    <>
      {p.window && <Code open={p.window} trouble={p.trouble} />}
      <div class="list" role="group" aria-label={w("settings.phones")}>
        {rows.map((row) => <Row key={row} row={row} p={p} />)}
      </div>
      <p class="note" role="status">{!p.window && p.ended && w(`phones.ended.${p.ended}` as Word)}</p>
    </>
  );
}

function Row(props: { row: string; p: PhonesView }) {
  const app = useApp();
  const { w } = useWords();
  const { row, p } = props;
  const phone = phoneOf(p, row);
  const dropping = useApps((s) => s.dropping === phone?.id);
  const what = phone ? phone.name || w("phones.nameless") : w(`phones.${row}` as Word);
  const note = phone ? w(dropping && phone ? "phones.sure" : "phones.removeNote") : row === "pair" ? w("phones.pairNote") : "";
  const value = phone ? (phone.here ? w("phones.here") : "") : row === "switch" ? w(p.on ? "value.on" : "value.off") : "";
  return (
    <Item leaf="settings/rows/phones" item={row} class={phone || row === "switch" ? "row-item fact-row" : "row-item act"} press={() => void app.phones.pressed(row)}>
      <span class="what">{what}{note && <small>{note}</small>}</span><Colon />
      <span class={`value ${phone?.here ? "good" : ""}`}>{value}</span>
    </Item>
  );
}

/** What a phone needs. The digits and the address are for those who cannot scan. */
function Code(props: { open: PhoneWindow; trouble: PhonesView["trouble"] }) {
  const { w } = useWords();
  const { open, trouble } = props;
  const left = codeLeft(open, useClock(1000));
  const hosts = useApps((s) => s.phones?.hosts) ?? [];
  if (trouble) return <p class="note bad" role="alert">{w(`phones.trouble.${trouble}` as Word)}</p>;
  return (
    <section class="phone-code" aria-label={w("phones.how")}>
      {open.qr && (
        <svg class="qr" viewBox={`-4 -4 ${open.qr.size + 8} ${open.qr.size + 8}`} role="img" aria-label={w("account.qr", { uri: hosts[0] ?? "" })} shape-rendering="crispEdges">
          <rect x="-4" y="-4" width={open.qr.size + 8} height={open.qr.size + 8} fill="#fff" />
          <path d={modules(open.qr.size, open.qr.modules)} fill="#000" />
        </svg>
      )}
      <div>
        <p>{w("phones.how")}</p>
        <dl>
          <dt>{w("account.address")}</dt>
          <dd class="address">http://{hosts[0]}</dd>
          <dt>{w("account.code")}</dt>
          <dd class="user-code" aria-label={[...open.code].join(" ")}>{grouped(open.code)}</dd>
        </dl>
        <p class="soft">{left && w("account.left", { time: left })}</p>
        <p class="soft plain">{w("phones.plain")}</p>
      </div>
    </section>
  );
}
