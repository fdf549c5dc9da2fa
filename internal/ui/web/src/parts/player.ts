// What is seen over a film.

export { PlayerScreen } from "../screens/player";
