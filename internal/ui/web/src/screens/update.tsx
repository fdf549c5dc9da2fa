// The part of the settings about updates of the box.

import { explain, tell } from "../text";
import { timeOfDay } from "../format";
import { laterMs, stageText, updateRows, waitsText } from "../update";
import { Fact } from "./fact";
import { Item, useApp, useApps, useWords } from "./item";

export function Update() {
  const app = useApp();
  const { lang, w } = useWords();
  const f = useApps((s) => s.system?.firmware);
  const rows = useApps((s) => updateRows(s).join(" ")).split(" ");
  if (!f) return <p class="note">{w("update.absent")}</p>;
  const bad = f.problem && explain(f.problem, lang);
  const note = bad ? `${bad.text.text} ${bad.hint.text}` : waitsText(f, lang);
  const act = { leaf: "settings/rows/update", class: "row-item act" };
  return (
    <div class="list" role="group" aria-label={w("settings.update")}>
      <Fact section="update" item="version" what={w("update.version")} value={f.version} note={f.checkedMs ? w("update.checked", { time: timeOfDay(f.checkedMs, lang) }) : ""} />
      {f.offer && <Fact section="update" item="offer" what={w("update.new")} value={f.offer} note={tell(f.notes, lang).text} />}
      <Fact section="update" item="state" what={w("update.state")} value={stageText(f, lang)} note={note} good={bad ? false : undefined} />
      {rows.includes("install") && (
        <Item {...act} item="install" press={() => void app.act("firmware.install")}>
          <span class="what">{w(f.installsNow ? "update.asked" : "update.install")}<small>{w("update.installNote")}</small></span>
        </Item>
      )}
      {rows.includes("later") && (
        <Item {...act} item="later" press={() => void app.act("firmware.postpone", { forMs: laterMs })}>
          <span class="what">{w("update.later")}<small>{w("update.laterNote", { n: f.laterLeft })}</small></span>
        </Item>
      )}
      {rows.includes("check") && (
        <Item {...act} item="check" press={() => void app.act("firmware.check")}><span class="what">{w("update.check")}</span></Item>
      )}
    </div>
  );
}
