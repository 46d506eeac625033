// The page of the admin port: it asks the node again and again, and draws the tree as it changes.

import { Forest, layout, metrics, nameOf, quantile } from "./layout.js";

const PAUSE_MS = 1000; // between two questions
const PATIENCE_MS = 5000; // how long an answer may take
const EVENTS = 200; // so many stay on the page
const POINTS = 120; // of a chart
const [COLUMN, ROW, WIDTH, HEIGHT, MARGIN] = [190, 84, 152, 68, 12]; // pixels

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

const forest = new Forest();
const buttons = new Map(); // id → the button of a node
const lines = new Map(); // what it joins → the line of a link, or of the deadpool
let token = null;
let picture = layout(forest);
let chosen = null; // the id of the node that is told about
let isAnswered = false;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// ---- asking

class Refused extends Error {}

async function ask(path) {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.status === 401 || answer.status === 403) throw new Refused((await answer.text()).trim());
  if (!answer.ok) throw new Error((await answer.text()).trim() || `the answer is ${answer.status}`);
  return answer;
}

async function look() {
  try {
    const [status, numbers] = await Promise.all([
      ask("/tree").then((answer) => answer.json()), ask("/metrics").then((answer) => answer.text()),
    ]);
    const now = Date.now();
    isAnswered = true;
    $("entry").hidden = true;
    $("view").hidden = false;
    for (const { text, isBad } of forest.take(status, now)) tell(text, isBad);
    count(status, numbers, now);
    const alive = forest.nodes.filter((node) => !node.isGone).length;
    say("here", `${alive} ${alive === 1 ? "node" : "nodes"}, asked at ${nameOf(status.nodes[0])}`
      + (status.complete ? "" : "; some branch gives no answer"));
  } catch (fault) {
    if (fault instanceof Refused) return refuse(fault.message);
    if (isAnswered) {
      isAnswered = false;
      forest.lose(Date.now());
      tell(`the node at ${location.host} gives no answer`, true);
    }
    const reason = fault.name === "TimeoutError" ? "it takes too long" : fault.message;
    say("lost", `${location.host} gives no answer (${reason}). Asking again …`);
  }
  draw();
  setTimeout(look, PAUSE_MS);
}

function say(state, text) {
  $("state").dataset.state = state;
  // A status that is set anew is read out anew.
  if ($("state").textContent !== text) $("state").textContent = text;
}

function refuse(reason) {
  $("view").hidden = true;
  $("entry").hidden = false;
  $("trouble").hidden = token === null;
  $("trouble").textContent = reason;
  token = null;
  say("lost", "A token is needed.");
  $("token").value = "";
  $("token").focus();
}

$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  say("asking", "Asking the node …");
  look();
});

// ---- what happened

function tell(text, isBad) {
  const row = element("li", isBad ? "bad" : "");
  const now = new Date();
  const time = element("time", "", now.toLocaleTimeString());
  time.dateTime = now.toISOString();
  row.append(time, text);
  $("events").prepend(row);
  while ($("events").childElementCount > EVENTS) $("events").lastElementChild.remove();
}

// ---- charts

const COUNTERS = [
  "coppice_messages_accepted_total", "coppice_messages_safe_total", "coppice_deliveries_total", "coppice_received_bytes_total",
];
const whole = (value) => Math.round(value).toLocaleString("en");
const seconds = (value) => (value === null ? "–" : value === Infinity ? "> 10 s" : value < 1 ? `≤ ${value * 1000} ms` : `≤ ${value} s`);
const charts = [
  ["said here a second", whole], ["safe here a second", whole], ["shown here a second", whole],
  ["replication here, 99 of 100", seconds], ["clients in the tree", whole], ["queued in the tree", whole],
].map(([title, text]) => {
  const figure = element("figure");
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${POINTS - 1} 30`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  drawing.append(line);
  const value = element("b", "", "–");
  const caption = element("figcaption", "", title);
  caption.prepend(value);
  figure.append(caption, drawing);
  $("charts").append(figure);
  const values = [];
  return (next) => {
    values.push(next === null || next === Infinity ? 0 : next);
    if (values.length > POINTS) values.shift();
    value.textContent = text(next ?? (text === seconds ? null : 0));
    const most = Math.max(...values, 1e-9);
    const start = POINTS - values.length;
    line.setAttribute("points", values.map((each, index) => `${start + index},${(29 - 28 * (each / most)).toFixed(1)}`).join(" "));
  };
});

let before = null;

function count(status, text, now) {
  const { values, buckets } = metrics(text, COUNTERS);
  const sum = (field) => status.nodes.reduce((total, node) => total + node[field], 0);
  if (before) {
    const passed = Math.max((now - before.now) / 1000, 0.001);
    // A counter that falls belongs to a node that was started again.
    const rate = (name) => Math.max(0, values[name] - before.values[name]) / passed;
    charts[0](rate("coppice_messages_accepted_total"));
    charts[1](rate("coppice_messages_safe_total"));
    charts[2](rate("coppice_deliveries_total"));
    charts[3](quantile(before.buckets, buckets, 0.99));
  }
  charts[4](sum("clients"));
  charts[5](sum("queue"));
  before = { now, values, buckets };
}

// ---- the tree

const left = ({ column }) => MARGIN + column * COLUMN;
const top = ({ row }) => MARGIN + row * ROW;

function draw() {
  picture = layout(forest);
  $("canvas").style.width = `${2 * MARGIN + (picture.columns - 1) * COLUMN + WIDTH}px`;
  $("canvas").style.height = `${2 * MARGIN + (picture.rows - 1) * ROW + HEIGHT}px`;
  for (const [id, button] of buttons) {
    if (picture.places.has(id)) continue;
    button.remove();
    buttons.delete(id);
    if (chosen === id) chosen = null;
  }
  const drawn = new Set();
  for (const id of picture.order) {
    const node = forest.node(id);
    drawNode(node, picture.places.get(id));
    const above = picture.places.get(node.parent);
    if (above && above.column < picture.places.get(id).column) drawLine(`link ${id}`, node.isGone ? "gone" : "", link(above, picture.places.get(id)), drawn);
  }
  const named = forest.node(chosen);
  for (const other of named?.isGone === false ? named.status.deadpool : []) {
    const place = picture.places.get(other.id);
    if (place) drawLine(`bow ${other.id}`, "deadpool", bow(picture.places.get(chosen), place), drawn);
  }
  for (const [key, line] of lines) {
    if (drawn.has(key)) continue;
    line.remove();
    lines.delete(key);
  }
  about(named);
}

function drawNode(node, place) {
  let button = buttons.get(node.id);
  if (!button) {
    button = element("button", "node");
    button.type = "button";
    button.append(element("b"), element("span"), element("span"));
    button.addEventListener("click", () => choose(node.id));
    button.addEventListener("focus", () => choose(node.id));
    button.addEventListener("pointerenter", () => choose(node.id));
    button.addEventListener("keydown", (event) => move(event, node.id));
    buttons.set(node.id, button);
    $("canvas").append(button);
  }
  const { clients, queue, lag, unjoined } = node.status;
  const texts = [
    node.name, node.isGone ? `gone since ${new Date(node.goneAt).toLocaleTimeString([], { timeStyle: "short" })}` : node.role,
    node.isGone ? "" : `${whole(clients)} ${clients === 1 ? "client" : "clients"}, queue ${whole(queue)}`,
  ];
  [...button.children].forEach((part, index) => { if (part.textContent !== texts[index]) part.textContent = texts[index]; });
  button.className = ["node", node.isGone ? "gone" : node.status.root ? "root" : "", !node.isGone && (lag || unjoined) ? "waits" : ""]
    .filter(Boolean).join(" ");
  button.setAttribute("aria-pressed", String(chosen === node.id));
  button.style.transform = `translate(${left(place)}px, ${top(place)}px)`;
}

/** Draws a line, or moves it: by its style, so that it moves as the nodes at its ends do. */
function drawLine(key, className, d, drawn) {
  let line = lines.get(key);
  if (!line) {
    line = document.createElementNS(SVG, "path");
    lines.set(key, line);
    $("lines").append(line);
  }
  line.setAttribute("class", className);
  // Not every browser takes it as a style.
  line.setAttribute("d", d);
  line.style.setProperty("d", `path("${d}")`);
  drawn.add(key);
}

function link(from, to) {
  const [x1, y1, x2, y2] = [left(from) + WIDTH, top(from) + HEIGHT / 2, left(to), top(to) + HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** From a node to one that it would ask if it lost its parent. */
function bow(from, to) {
  const [x1, y1, x2, y2] = [left(from) + WIDTH / 2, top(from), left(to) + WIDTH / 2, top(to) + HEIGHT];
  return `M${x1} ${y1} Q${(x1 + x2) / 2 + 40} ${(y1 + y2) / 2} ${x2} ${y2}`;
}

function choose(id) {
  if (chosen === id) return;
  chosen = id;
  draw();
}

function move(event, id) {
  const index = picture.order.indexOf(id);
  const node = forest.node(id);
  const next = {
    ArrowDown: picture.order[index + 1], ArrowUp: picture.order[index - 1], Home: picture.order[0], End: picture.order.at(-1),
    ArrowLeft: node.parent, ArrowRight: forest.children(id)[0]?.id,
  }[event.key];
  if (!next || !buttons.has(next)) return;
  event.preventDefault();
  buttons.get(next).focus();
}

function about(node) {
  $("about-title").textContent = node ? node.name : "No node is chosen";
  if (!node) return $("about-list").replaceChildren();
  const { status, rates } = node;
  const names = (list) => (list.length === 0 ? "none" : list.map(nameOf).join(", "));
  const rows = [
    ["Role", node.role], ["Parent", names(status.path.slice(0, 1))], ["Children", names(status.children)],
    ["Other servers", names(status.leaves)], ["Clients", whole(status.clients)], ["Queue", `${whole(status.queue)} messages`],
    ["Log", `${whole(status.log)} entries`],
    ["Traffic", rates ? `${whole(rates.read)} bytes a second in, ${whole(rates.written)} out` : "not known yet"],
    ["Deadpool", names(status.deadpool)], ["Heir", status.heir ? nameOf(status.heir) : "none"],
  ];
  if (status.plain) rows.push(["Link", "in clear: others can listen in"]);
  if (status.unjoined) rows.push(["Not joined", status.unjoined.info]);
  if (status.lag?.waits_for) rows.push(["Waits for", nameOf(status.lag.waits_for)]);
  if (status.lag?.left_behind?.length) rows.push(["Left behind", names(status.lag.left_behind)]);
  $("about-list").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

look();
