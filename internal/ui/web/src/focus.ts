// The focus engine: a tree of rows, columns and grids, addressed by name.
//
// It keeps, for every node, which of its children was last focused, so that
// moving out and back returns to the same element, each rail remembers its
// column, and Back restores the place exactly. Children are remembered by
// name; when one disappears (a rail was reloaded), the focus falls to the
// nearest one that is left and is never lost. It knows nothing of the DOM.

export type Dir = "up" | "down" | "left" | "right";

/** A row of items, or a grid when it has more than one line of `cols`. */
export interface Leaf {
  id: string;
  items: readonly string[];
  cols?: number; // items in a line; missing: all in one row
}

/** Nodes beside each other (x) or below each other (y). */
export interface Branch {
  id: string;
  axis: "x" | "y";
  kids: readonly Node[];
}

export type Node = Leaf | Branch;

/** Where the focus is. */
export interface Place {
  leaf: string;
  item: string;
  index: number;
}

interface Memory {
  name: string;
  index: number;
}

const nowhere: Branch = { id: "", axis: "y", kids: [] };

const isLeaf = (n: Node): n is Leaf => "items" in n;
const alive = (n: Node): boolean => (isLeaf(n) ? n.items.length > 0 : n.kids.some(alive));
const sign = (dir: Dir): 1 | -1 => (dir === "down" || dir === "right" ? 1 : -1);
const axisOf = (dir: Dir): "x" | "y" => (dir === "left" || dir === "right" ? "x" : "y");

export class Focus {
  private root: Node = nowhere;
  private memory = new Map<string, Memory>();

  /** Puts another tree in place; the memory stays. */
  show(root: Node): void {
    this.root = root;
  }

  /** The focused item, or undefined when the tree has none. */
  get place(): Place | undefined {
    const leaf = this.trail().pop();
    if (!leaf || !isLeaf(leaf)) return undefined;
    const index = this.indexIn(leaf);
    return { leaf: leaf.id, item: leaf.items[index] as string, index };
  }

  /** The index last focused in a leaf, whether it has the focus or not. */
  at(leafId: string): number {
    const leaf = find(this.root, leafId)?.pop();
    if (leaf && isLeaf(leaf) && leaf.items.length) return this.indexIn(leaf);
    return this.memory.get(leafId)?.index ?? 0; // of a screen that is covered
  }

  /** The name of the child a branch would focus. */
  childOf(branchId: string): string | undefined {
    const branch = find(this.root, branchId)?.pop();
    return branch && !isLeaf(branch) ? this.kidOf(branch)?.id : this.memory.get(branchId)?.name;
  }

  /** Moves one step. False: there is nothing in that direction. */
  move(dir: Dir): boolean {
    const trail = this.trail();
    const leaf = trail.pop();
    if (!leaf || !isLeaf(leaf)) return false;
    if (this.step(leaf, dir)) return true;
    for (let n = trail.pop(); n; n = trail.pop()) {
      if (!isLeaf(n) && n.axis === axisOf(dir) && this.cross(n, sign(dir))) return true;
    }
    return false;
  }

  /** Focuses an item of a leaf (without an item: the one remembered). */
  to(leafId: string, item?: string): boolean {
    const trail = find(this.root, leafId);
    const leaf = trail?.pop();
    if (!trail || !leaf || !isLeaf(leaf) || !alive(leaf)) return false;
    const index = item === undefined ? this.indexIn(leaf) : leaf.items.indexOf(item);
    if (index < 0) return false;
    this.remember(leaf.id, leaf.items[index] as string, index);
    let kid: Node = leaf;
    for (let n = trail.pop(); n; kid = n, n = trail.pop()) {
      if (!isLeaf(n)) this.remember(n.id, kid.id, n.kids.indexOf(kid));
    }
    return true;
  }

  /** Sets what a leaf will return to, without moving the focus. */
  preset(leafId: string, item: string): void {
    const leaf = find(this.root, leafId)?.pop();
    const index = leaf && isLeaf(leaf) ? leaf.items.indexOf(item) : -1;
    if (index >= 0) this.remember(leafId, item, index);
  }

  /** Forgets every node whose name begins with the prefix: a page opened anew. */
  forget(prefix: string): void {
    for (const id of this.memory.keys()) if (id.startsWith(prefix)) this.memory.delete(id);
  }

  private remember(id: string, name: string, index: number): void {
    this.memory.set(id, { name, index });
  }

  /** The nodes from the root to the focused leaf. */
  private trail(): Node[] {
    const out: Node[] = [];
    let n: Node | undefined = alive(this.root) ? this.root : undefined;
    while (n) {
      out.push(n);
      n = isLeaf(n) ? undefined : this.kidOf(n);
    }
    return out;
  }

  private kidOf(n: Branch): Node | undefined {
    const m = this.memory.get(n.id);
    const known = m && n.kids.find((k) => k.id === m.name);
    if (known && alive(known)) return known;
    const from = Math.min(m?.index ?? 0, n.kids.length - 1);
    return n.kids.slice(from).find(alive) ?? n.kids.slice(0, from).reverse().find(alive);
  }

  private indexIn(leaf: Leaf): number {
    const m = this.memory.get(leaf.id);
    if (!m) return 0;
    const known = leaf.items[m.index] === m.name ? m.index : leaf.items.indexOf(m.name);
    return known >= 0 ? known : Math.max(0, Math.min(m.index, leaf.items.length - 1));
  }

  private step(leaf: Leaf, dir: Dir): boolean {
    const cols = leaf.cols ?? leaf.items.length;
    const index = this.indexIn(leaf);
    const to = axisOf(dir) === "x" ? beside(index, cols, sign(dir)) : index + cols * sign(dir);
    const target = dir === "down" ? lastLine(to, cols, leaf.items.length) : to;
    const item = leaf.items[target];
    if (target === index || item === undefined) return false;
    this.remember(leaf.id, item, target);
    return true;
  }

  private cross(n: Branch, by: 1 | -1): boolean {
    const kid = this.kidOf(n);
    for (let i = (kid ? n.kids.indexOf(kid) : 0) + by; i >= 0 && i < n.kids.length; i += by) {
      const next = n.kids[i] as Node;
      if (!alive(next)) continue;
      this.remember(n.id, next.id, i);
      return true;
    }
    return false;
  }
}

/** The neighbour in the same line, or the index itself at its end. */
function beside(index: number, cols: number, by: 1 | -1): number {
  const col = (index % cols) + by;
  return col < 0 || col >= cols ? index : index + by;
}

/** Down from above a short last line goes to its last item. */
function lastLine(to: number, cols: number, n: number): number {
  const short = to >= n && Math.floor(to / cols) === Math.floor((n - 1) / cols);
  return short ? n - 1 : to;
}

/** The nodes from n to the one named id. */
function find(n: Node, id: string): Node[] | undefined {
  if (n.id === id) return [n];
  if (isLeaf(n)) return undefined;
  for (const kid of n.kids) {
    const below = find(kid, id);
    if (below) return [n, ...below];
  }
  return undefined;
}
