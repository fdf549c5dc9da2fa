// A line of the settings that says something.

import { Item } from "./item";

/** Between a name and its value, for those who hear them. */
export const Colon = () => <span class="unseen">: </span>;

/** A line that says something; it can be focused so that it is heard and scrolled to. */
export function Fact(props: { section: string; item: string; what: string; value: string; note?: string; good?: boolean | undefined }) {
  const { section, item, what, value, note, good } = props;
  return (
    <Item leaf={`settings/rows/${section}`} item={item} class="row-item fact-row" press={() => undefined}>
      <span class="what">{what}{note && <small>{note}</small>}</span><Colon />
      <span class={`value ${good === undefined ? "" : good ? "good" : "bad"}`}>{value}</span>
    </Item>
  );
}
