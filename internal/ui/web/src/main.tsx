// The beginning: connect, draw, listen to keys.

import { render } from "preact";
import { App } from "./app";
import { Bridge } from "./bridge";
import { listen } from "./input";
import { fromRemote } from "./keys";
import { Shell } from "./screens/shell";
import { brand } from "./screens/standby";
import { speakAloud } from "./speech";
import { readWords, say, startLang } from "./text";

/** The token of this page, or after a restart of the daemon the one of its present page. */
async function token(renew: boolean): Promise<string> {
  let page: Document = document;
  if (renew) {
    const answer = await fetch("/", { cache: "no-store" });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  }
  return page.querySelector<HTMLMetaElement>('meta[name="usher-token"]')?.content ?? "";
}

const lang = startLang();
const app: App = new App(
  new Bridge({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/rpc`,
    version: "1",
    token,
    onTopic: (topic, state) => app.onTopic(topic, state),
    onKey: (e) => app.onKey(e, fromRemote(e.key)),
    onLink: (up) => app.onLink(up),
  }),
  lang,
);

if (location.hash === "#behind") document.documentElement.dataset.behind = "yes"; // the film's plane lies behind the page

app.bridge.start();
void readWords(lang).then(() => {
  document.documentElement.lang = lang;
  document.title = `${brand()} · ${say(lang, "menu.home")}`;
  render(<Shell app={app} />, document.getElementById("app") as HTMLElement);
  listen(app);
  speakAloud(app);
});
