// What belongs to the household: the first start, who watches, PINs, accounts,
// purchases, and the settings.

export { AccountScreen } from "../screens/account";
export { BoughtScreen } from "../screens/bought";
export { SettingsScreen } from "../screens/settings";
export { Welcome } from "../screens/welcome";
export { PINPad, ProfilePage, Who } from "../screens/who";
