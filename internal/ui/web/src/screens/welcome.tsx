// The first start: which language. It is asked in every one of them, because
// nobody knows yet which the household reads.

import { languages, say, type Lang } from "../text";
import { Item, useApp, useApps } from "./item";
import { Wordmark } from "./standby";

const greetings: Record<Lang, string> = {
  "zh-Hans": "请选择语言", en: "Choose your language", de: "Wählen Sie Ihre Sprache", id: "Pilih bahasa Anda", th: "เลือกภาษา",
};

export function Welcome() {
  const app = useApp();
  const at = useApps((s) => (s.place?.leaf === "welcome/languages" ? (s.place.item as Lang) : s.lang));
  return (
    <main class="welcome">
      <Wordmark />
      <h1 lang={at}>{greetings[at]}</h1>
      <div class="list" role="listbox" aria-label={greetings[at]}>
        {languages.map(([tag, name], i) => (
          <Item key={tag} leaf="welcome/languages" item={tag} role="option" nth={i + 1} of={languages.length} class="row-item"
            label={`${name}. ${greetings[tag]}`} press={() => void app.welcomed(tag)}>
            <span class="what" lang={tag}>{name}</span>
          </Item>
        ))}
      </div>
      <p class="note" lang={at}>{say(at, "welcome.hint")}</p>
    </main>
  );
}
