// What the page knows of the tree, from one answer of /tree to the next, and where each node is drawn. Nothing here
// touches the page: `Forest` takes answers and returns what has happened.

const REMEMBERED_MS = 120000; // so long a node that is gone stays in the picture

export const nameOf = ({ hostname, port }) => `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;

/** One node, as it was last heard of. */
class Known {
  constructor(status, now) {
    this.id = status.id;
    this.since = now;
    this.take(status, now);
  }

  take(status, now) {
    const seconds = (now - this.heardAt) / 1000;
    const before = this.status?.counts;
    const restarted = this.status?.incarnation !== status.incarnation;
    this.rates = !before || restarted || !(seconds > 0) ? null : {
      read: (status.counts.bytes_read - before.bytes_read) / seconds,
      written: (status.counts.bytes_written - before.bytes_written) / seconds,
    };
    this.status = status;
    this.name = nameOf(status);
    this.parent = status.path[0]?.id ?? null;
    this.heardAt = now;
    this.goneAt = null;
  }

  get isGone() { return this.goneAt !== null; }

  get role() {
    if (this.isGone) return "gone";
    if (this.status.unjoined) return "not joined";
    return this.status.root ? "root" : `depth ${this.status.depth}`;
  }
}

export class Forest {
  #nodes = new Map();
  #hasBegun = false;

  get nodes() { return [...this.#nodes.values()]; }

  node(id) { return this.#nodes.get(id); }

  /** Takes an answer. Returns what has happened, as texts: [{text, isBad}]. */
  take(answer, now) {
    const events = [];
    const say = (text, isBad = false) => { if (this.#hasBegun) events.push({ text, isBad }); };
    const heard = new Set();
    for (const status of answer.nodes) {
      heard.add(status.id);
      const known = this.#nodes.get(status.id);
      if (!known) {
        this.#nodes.set(status.id, new Known(status, now));
        say(`${nameOf(status)} has joined${status.path[0] ? ` under ${nameOf(status.path[0])}` : ""}`);
        continue;
      }
      const { parent, isGone, status: before } = known;
      known.take(status, now);
      if (before.incarnation !== status.incarnation) say(`${known.name} was started again`);
      else if (isGone) say(`${known.name} is back`);
      if (known.parent !== parent && known.parent) say(`${known.name} went to ${nameOf(status.path[0])}${this.#from(parent)}`);
      if (status.root && !before.root) say(`${known.name} is the root now`);
      if (status.unjoined && !before.unjoined) say(`${known.name} is not joined: ${status.unjoined.info}`, true);
      if (status.lag && !before.lag) say(`${known.name} holds its clients back, or has left a child behind`, true);
      if (!status.lag && before.lag) say(`${known.name} keeps up again`);
    }
    for (const known of this.#nodes.values()) {
      if (heard.has(known.id)) continue;
      if (!known.isGone) {
        known.goneAt = now;
        say(answer.complete ? `${known.name} is gone` : `${known.name} gives no answer`, true);
      } else if (now - known.goneAt > REMEMBERED_MS) {
        this.#nodes.delete(known.id);
      }
    }
    this.#hasBegun = true;
    return events;
  }

  /** The node that was asked doesn't answer: nothing is known of any. */
  lose(now) {
    for (const known of this.#nodes.values()) known.goneAt ??= now;
  }

  #from(parent) {
    const known = parent && this.#nodes.get(parent);
    return known ? `, from ${known.name}` : "";
  }

  /** The children that are drawn under a node; null for the nodes without a parent in the picture. */
  children(id) {
    return this.nodes
      .filter((node) => (node.parent !== null && this.#nodes.has(node.parent) && !this.#isLoop(node) ? node.parent : null) === id)
      .sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
  }

  /** Nodes that are gone may tell of parents as they once were, in a ring. */
  #isLoop(node) {
    const passed = new Set([node.id]);
    for (let at = this.#nodes.get(node.parent); at; at = this.#nodes.get(at.parent)) {
      if (passed.has(at.id)) return true;
      passed.add(at.id);
    }
    return false;
  }
}

/** Where each node is drawn: column by depth, rows from top to bottom, a parent in the middle of its children. */
export function layout(forest) {
  const places = new Map();
  const order = [];
  let rows = 0;
  let columns = 0;
  const place = (node, column) => {
    order.push(node.id);
    columns = Math.max(columns, column + 1);
    const under = forest.children(node.id);
    for (const child of under) place(child, column + 1);
    const row = under.length === 0 ? rows++ : (places.get(under[0].id).row + places.get(under.at(-1).id).row) / 2;
    places.set(node.id, { column, row });
  };
  for (const root of forest.children(null)) place(root, 0);
  return { places, order, rows, columns };
}

/** Reads the lines of /metrics that have these names; those of one name that differ in labels are added. */
export function metrics(text, names) {
  const values = Object.fromEntries(names.map((name) => [name, 0]));
  const buckets = [];
  for (const line of text.split("\n")) {
    const found = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)/.exec(line);
    if (!found) continue;
    const [, name, labels, value] = found;
    if (name in values) values[name] += Number(value);
    if (name === "coppice_replication_seconds_bucket") {
      buckets.push([Number(/le="([^"]+)"/.exec(labels)[1].replace("+Inf", "Infinity")), Number(value)]);
    }
  }
  return { values, buckets };
}

/** The upper bound of a quantile of what came between two counts of a histogram; null if nothing came. */
export function quantile(before, after, share) {
  const fresh = after.map(([bound, count], index) => [bound, count - (before[index]?.[1] ?? 0)]);
  const total = fresh.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return null;
  return fresh.find(([, count]) => count >= total * share)[0];
}
