// A purchase: what it costs, the code for the phone, and how far it is.

import { codeLeft, modules } from "../account";
import { price } from "../format";
import { payable, saleButtons } from "../sales";
import { explain, type Word } from "../text";
import type { Sale } from "../types";
import { Item, Say, useApp, useApps, useWords, Words } from "./item";
import { useClock } from "./standby";

const hourMs = 3_600_000;

export function BuyScreen() {
  const app = useApp();
  const { lang, w } = useWords();
  const sale = useApps((s) => s.sale);
  const buttons = useApps((s) => saleButtons(s.sale).join(" ")).split(" ");
  if (!sale) return null;
  const told = sale.problem && explain(sale.problem, lang);
  const cost = price(sale.priceMinor ?? 0, sale.currency ?? "EUR", lang);
  return (
    <main class="account-page buy">
      <section class="told">
        {payable(sale) && <p class="kicker">{w("buy.title")}</p>}
        <h1><Say text={sale.name} /></h1>
        {sale.kind !== "subscription" && <p class="price">{sale.billing === "post-paid" ? w("buy.later", { price: cost }) : cost}</p>}
        <p class="soft">{sale.note && Object.keys(sale.note).length > 0 ? <Say text={sale.note} />
          : sale.playMs ? w("buy.finish", { hours: Math.round(sale.playMs / hourMs) }) : ""}</p>
        <Owed sale={sale} />
        <div class={`standing ${sale.state ?? ""}`} role="status">
          <p>{w(`buy.${sale.state ?? "intended"}` as Word)}</p>
          {told && <p class="soft"><Words told={told.text} /> <Words told={told.hint} /></p>}
        </div>
        <div class="buttons">
          {buttons.map((b) => (
            <Item key={b} leaf="buy/buttons" item={b} class={`button ${b === "play" ? "primary" : ""}`} press={() => app.sales.pressed(b)}>
              {w(`buy.${b}` as Word)}
            </Item>
          ))}
        </div>
      </section>
      {payable(sale) && sale.qr && <Code sale={sale} />}
    </main>
  );
}

/** What is on the bill already, where there is one. */
function Owed(props: { sale: Sale }) {
  const { lang, w } = useWords();
  const { balance, billing } = props.sale;
  if (billing !== "post-paid" || !balance?.limitMinor) return null;
  const money = (minor: number): string => price(minor, balance.currency ?? "EUR", lang);
  return <p class="soft">{w("buy.owed", { owed: money(balance.owedMinor ?? 0), limit: money(balance.limitMinor) })}</p>;
}

function Code(props: { sale: Sale }) {
  const { w } = useWords();
  const { sale } = props;
  const left = codeLeft({ expiresAtMs: sale.expiresAtMs ?? 0 }, useClock(1000));
  const { qr } = sale;
  const uri = sale.uri ?? "";
  if (!qr || !left) return null;
  return (
    <section class="code" aria-label={w("buy.title")}>
      <svg class="qr" viewBox={`-4 -4 ${qr.size + 8} ${qr.size + 8}`} role="img" aria-label={w("account.qr", { uri })} shape-rendering="crispEdges">
        <rect x="-4" y="-4" width={qr.size + 8} height={qr.size + 8} fill="#fff" />
        <path d={modules(qr.size, qr.modules)} fill="#000" />
      </svg>
      <p class="soft">{w("buy.left", { time: left })}</p>
    </section>
  );
}
