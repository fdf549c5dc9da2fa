// How subtitles look, changed over the film: every press is seen at once.

import { settingName, valueText } from "../choices";
import { styleRows } from "../layout";
import { Colon } from "./fact";
import { Item, useApp, useApps, useWords } from "./item";

export function StyleMenu() {
  const app = useApp();
  const { lang, w } = useWords();
  const settings = useApps((s) => s.settings);
  return (
    <div class="panel style" role="dialog" aria-label={w("settings.subtitles")}>
      <h2>{w("settings.subtitles")}</h2>
      <div class="list" role="group" aria-label={w("settings.subtitles")}>
        {styleRows(settings).map((name) => {
          const value = valueText(name, settings?.values[name] ?? "", lang);
          return (
            <Item key={name} leaf="player/style" item={name} class="row-item"
              press={() => app.player.panels.restyle(name, 1)}>
              <span class="what">{settingName(name, lang)}</span><Colon />
              <span class="value"><i class="less" aria-hidden="true" />{value}<i class="more" aria-hidden="true" /></span>
            </Item>
          );
        })}
      </div>
    </div>
  );
}
