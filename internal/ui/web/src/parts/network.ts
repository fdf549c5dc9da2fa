// Getting onto a network: most evenings nobody does.

export { back, begin, heard, open, Rows, rows, Screen, tree, typed } from "../net/main";
