// The keyboard for passwords: the letters where typists look for them, and every
// sign that a password of a Wi-Fi may have (IEEE 802.11, annex J.4).

export type Layer = "small" | "capitals" | "signs";

const small = [..."1234567890qwertyuiopasdfghjkl-zxcvbnm._@"];
const signs = [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"];

/** The keys of a layer, ten in a line. */
export function keys(layer: Layer): readonly string[] {
  return layer === "signs" ? signs : layer === "capitals" ? small.map((c) => c.toUpperCase()) : small;
}

export const keyCols = 10;

/** Names of networks have up to 32 bytes, passwords up to 63 characters of ASCII. */
export const longestName = 32;
export const longestPassword = 63;

/** Whether a character of a keyboard may be in what is being written. */
export function fits(text: string, key: string, name: boolean): boolean {
  if ([...key].length !== 1) return false;
  if (name) return new TextEncoder().encode(text + key).length <= longestName && !/\p{Cc}/u.test(key);
  return /^[ -~]$/.test(key) && text.length < longestPassword;
}
