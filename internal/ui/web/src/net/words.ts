// The words of this part in English. The build leaves all others out of its
// script, and these out of the page's.

import en from "../i18n/en.json";

export const words: Readonly<Record<string, string>> = en;
