// The network of the box: what is known of it, and the way to the part of the
// page that sets it up.

import type { Host } from "./host";
import type { NetworkView } from "./api";

/** Nothing leads anywhere, and there is a Wi-Fi that could. */
export const unconnected = (n: NetworkView | undefined): boolean => n?.link === "none" && n.wifi.state !== "absent" && n.wifi.state !== "off";

export class Network {
  constructor(private readonly app: Host) {}

  heard(network: NetworkView): void {
    const at = this.app.state.place?.item;
    this.app.store.set({ network });
    this.app.state.parts.network?.heard(at);
  }

  /** Opens the screen. Without its script there is none: then the page goes on. */
  async open(first: boolean): Promise<boolean> {
    const part = await this.app.later.bring("network");
    part?.open(first);
    return !!part;
  }
}
