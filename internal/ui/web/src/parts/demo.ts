// The demo's television and its remote.

export { begin } from "../demo";
