// What the page of the tree makes of answers, and where it puts nodes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Forest, layout, metrics, quantile } from "../../Sources/Page/files/layout.js";

const reference = (id) => ({ id, hostname: id, port: 1 });

function answer(parents, { complete = true, ...more } = {}) {
  const nodes = Object.entries(parents).map(([id, parent]) => ({
    id, incarnation: "1", hostname: id, port: 1, root: parent === null, depth: 0, children: [], leaves: [], deadpool: [],
    path: parent === null ? [] : [reference(parent)], clients: 0, queue: 0, log: 0, counts: { bytes_read: 0, bytes_written: 0 },
    ...more[id],
  }));
  return { complete, nodes };
}

const texts = (events) => events.map(({ text }) => text);

test("the first answer is no news, and later ones are told", () => {
  const forest = new Forest();
  assert.deepEqual(forest.take(answer({ a: null, b: "a", c: "b" }), 0), []);
  assert.deepEqual(texts(forest.take(answer({ a: null, c: "a", d: "a" }), 1000)), [
    "c:1 went to a:1, from b:1", "d:1 has joined under a:1", "b:1 is gone",
  ]);
  assert.deepEqual(texts(forest.take(answer({ a: null, b: "a", c: "a", d: "a" }), 2000)), ["b:1 is back"]);
  assert.deepEqual(texts(forest.take(answer({ c: null }, { complete: false }), 3000)), [
    "c:1 is the root now", "a:1 gives no answer", "b:1 gives no answer", "d:1 gives no answer",
  ]);
});

test("a node that is gone stays in the picture for a while, where it was", () => {
  const forest = new Forest();
  forest.take(answer({ a: null, b: "a", c: "b" }), 0);
  forest.take(answer({ a: null, c: "a" }), 1000);
  assert.equal(forest.node("b").isGone, true);
  assert.deepEqual(forest.children("a").map(({ id }) => id), ["b", "c"]);
  forest.take(answer({ a: null, c: "a" }), 122000);
  assert.deepEqual(forest.nodes.map(({ id }) => id), ["a", "c"]);
});

test("rates come from two answers, and not over a new start", () => {
  const forest = new Forest();
  const at = (read, incarnation = "1") => answer({ a: null }, { a: { incarnation, counts: { bytes_read: read, bytes_written: 0 } } });
  forest.take(at(100), 0);
  assert.equal(forest.node("a").rates, null);
  forest.take(at(300), 2000);
  assert.equal(forest.node("a").rates.read, 100);
  assert.deepEqual(texts(forest.take(at(10, "2"), 3000)), ["a:1 was started again"]);
  assert.equal(forest.node("a").rates, null);
});

test("parents stand in the middle of their children, and nothing twice", () => {
  const forest = new Forest();
  forest.take(answer({ a: null, b: "a", c: "a", d: "b", e: "b" }), 0);
  const { places, order, rows, columns } = layout(forest);
  assert.deepEqual(order, ["a", "b", "d", "e", "c"]);
  assert.equal(rows, 3);
  assert.equal(columns, 3);
  assert.deepEqual(places.get("b"), { column: 1, row: 0.5 });
  assert.deepEqual(places.get("a"), { column: 0, row: 1.25 });
});

test("a ring of parents, as nodes tell it that are gone, is drawn without end", () => {
  const forest = new Forest();
  forest.take(answer({ a: "b", b: "a", c: null }), 0);
  assert.equal(layout(forest).order.length, 3);
});

test("metrics are read as Prometheus reads them, and quantiles are of what is new", () => {
  const text = (few, many) => `# TYPE x counter\nx{result="good"} 2\nx{result="bad"} 3\ncoppice_replication_seconds_bucket{le="0.5"} ${few}\n`
    + `coppice_replication_seconds_bucket{le="+Inf"} ${many}\n`;
  const before = metrics(text(10, 10), ["x"]);
  assert.equal(before.values.x, 5);
  assert.equal(quantile(before.buckets, metrics(text(10, 10), []).buckets, 0.99), null);
  assert.equal(quantile(before.buckets, metrics(text(109, 110), []).buckets, 0.99), 0.5);
  assert.equal(quantile(before.buckets, metrics(text(60, 110), []).buckets, 0.99), Infinity);
});
