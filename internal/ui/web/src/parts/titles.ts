// Looking for a title, its page, and buying it.

export { BuyScreen } from "../screens/buy";
export { Details } from "../screens/details";
export { Search } from "../screens/search";
