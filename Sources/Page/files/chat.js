// The page: what `connection.js` tells is drawn, at most once in a frame, and what somebody types is said.

import { Conversation } from "./connection.js";

const ROWS = 500; // so many messages stay on the page
const LATELY_MS = 10 * 60 * 1000; // who has spoken within this time is listed

const $ = (id) => document.getElementById(id);
const [state, entry, room, scroll, messages, pendingRows] =
  ["state", "entry", "room", "scroll", "messages", "pending"].map($);

let conversation = null;
let ownName = "";
let lastNode = null;
const waiting = new Map(); // own messages that aren't safe yet: number → row
const heard = new Map(); // name → when it last spoke
let queue = []; // rows for the next frame
let stays = true; // the newest messages are in sight, and stay so

// ---- rows

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function textOf(activity) {
  const { authenticated_user, ...rest } = activity ?? {};
  return typeof rest.object === "string" && Object.keys(rest).length === 1 ? rest.object : JSON.stringify(rest);
}

const timeOf = (date) => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/** When a message was said: the upper 46 bits of its stamp are milliseconds since 1970. */
const saidAt = (stamp) => (stamp ? new Date(Number(BigInt(stamp) >> 18n)) : new Date());

function messageRow(who, text, when, isOwn, fate) {
  const row = element("li", isOwn ? "message own" : "message");
  const meta = element("div", "meta");
  const time = element("time", "", timeOf(when));
  time.dateTime = when.toISOString();
  meta.append(element("span", "who", who), time);
  if (fate) meta.append(element("span", "fate", fate));
  row.append(meta, element("p", "text", text));
  return row;
}

const fateOf = (copies) => `✓ safe on ${copies} ${copies === 1 ? "server" : "servers"}`;

function add(row) {
  if (queue.push(row) === 1) requestAnimationFrame(draw);
  if (queue.length > 2 * ROWS) queue = queue.slice(-ROWS);
}

const word = (text, isBad) => add(element("li", isBad ? "word bad" : "word", text));

function isAtEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
}

function toEnd() {
  stays = true;
  scroll.scrollTop = scroll.scrollHeight;
  $("newest").hidden = true;
}

function draw() {
  messages.append(...queue.slice(-ROWS));
  queue = [];
  while (messages.childElementCount > ROWS) messages.firstElementChild.remove();
  drawPeople();
  if (stays) toEnd();
  else $("newest").hidden = false;
}

function drawPeople() {
  const since = Date.now() - LATELY_MS;
  for (const [name, when] of heard) if (when < since) heard.delete(name);
  const names = [...heard.keys()].reverse().slice(0, 50);
  $("people-count").textContent = names.length === 0 ? "nobody" : names.length === 1 ? "one" : `${heard.size}`;
  $("people-list").replaceChildren(...names.map((name) => element("li", "", name)));
}

// ---- what happens

const texts = {
  connecting: (node) => (lastNode ? `Connection lost. Trying ${node} …` : `Connecting to ${node} …`),
  lost: () => (lastNode ? "Connection lost. Trying the next server …" : "No answer. Trying the next server …"),
  here: (node) => `${ownName} at ${node}`,
};

function show(isInRoom) {
  entry.hidden = isInRoom;
  room.hidden = !isInRoom;
  $("leave").hidden = !isInRoom;
}

function listen(talk) {
  const on = (type, action) => talk.addEventListener(type, ({ detail }) => talk === conversation && action(detail));
  on("state", ({ state: now, node, lost }) => {
    state.dataset.state = now === "here" ? "here" : "lost";
    state.textContent = texts[now](node);
    document.title = now === "here" ? "Coppice" : "Coppice – connection lost";
    if (now === "lost" && lastNode === lost) word(`${lost} is lost. Looking for another server.`, true);
    if (now !== "here") return;
    if (room.hidden) {
      show(true);
      $("text").focus();
    }
    if (lastNode !== null) word(lastNode === node ? `Back at ${node}.` : `Going on at ${node}. Nothing was missed so far.`);
    lastNode = node;
  });
  on("message", (message) => {
    const who = message.activity?.authenticated_user ?? "anonymous";
    heard.delete(who);
    heard.set(who, Date.now());
    const late = message.late ? "late" : "";
    const fate = message.isOwn ? fateOf(message.copies) : late;
    add(messageRow(who, textOf(message.activity), saidAt(message.stamp), message.isOwn, fate));
  });
  on("safe", ({ cseq }) => {
    waiting.get(cseq)?.remove();
    waiting.delete(cseq);
  });
  on("gap", ({ count }) => word(`${count} ${count === 1 ? "message is" : "messages are"} missing here.`, true));
  on("notice", ({ info }) => word(info));
  on("refused", ({ info }) => leave(info));
}

function leave(trouble) {
  conversation?.end();
  conversation = null;
  lastNode = null;
  waiting.clear();
  pendingRows.replaceChildren();
  state.dataset.state = "away";
  state.textContent = "Not logged in";
  document.title = "Coppice";
  $("trouble").textContent = trouble ?? "";
  $("trouble").hidden = !trouble;
  for (const button of entry.querySelectorAll("button")) button.disabled = false;
  show(false);
  $("name").focus();
}

function say(text) {
  const cseq = conversation.say({ object: text });
  const row = messageRow(ownName, text, new Date(), true, "sending …");
  row.classList.add("waits");
  waiting.set(cseq, row);
  pendingRows.append(row);
  toEnd();
}

// ---- what somebody does

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  const how = event.submitter?.value ?? "login";
  const [name, secret] = [$("name").value.trim(), $("secret").value];
  if (how !== "anonymous" && (!name || !secret)) {
    return leave("A name and a secret are needed, or go in without a name.");
  }
  ownName = how === "anonymous" ? "anonymous" : name;
  for (const button of entry.querySelectorAll("button")) button.disabled = true;
  $("trouble").hidden = true;
  const port = location.port || (location.protocol === "https:" ? 443 : 80);
  conversation = new Conversation({ hostname: location.hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
  listen(conversation);
  conversation.begin(how === "anonymous" ? { username: "anonymous" } : { username: name, secret }, how === "register");
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text && conversation) say(text);
  $("text").value = "";
  $("text").focus();
});

$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

$("leave").addEventListener("click", () => leave());
$("newest").addEventListener("click", () => { toEnd(); $("text").focus(); });
scroll.addEventListener("scroll", () => {
  stays = isAtEnd();
  if (stays) $("newest").hidden = true;
});
new ResizeObserver(() => { if (stays) toEnd(); }).observe(scroll);
setInterval(drawPeople, 30000);

$("clear").hidden = window.isSecureContext;
leave();
