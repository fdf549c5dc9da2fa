// Not run: the type checker sees here that each script of src/parts brings what
// the page expects of it. The page itself must not say so, or the scripts and
// what they draw would belong to one circle with the state.

import type { PartName, Parts } from "../src/state";

export const parts: { [N in PartName]: () => Promise<Parts[N]> } = {
  titles: () => import("../src/parts/titles"),
  player: () => import("../src/parts/player"),
  household: () => import("../src/parts/household"),
  network: () => import("../src/parts/network"),
  demo: () => import("../src/parts/demo"),
};
