// The page: what the client tells is drawn, at most once in a frame, and what somebody types is said. The client is the
// library for JavaScript, as it is (clients/javascript/coppice.js).

import { Client } from "./coppice.js";

const ROWS = 500; // so many messages stay on the page
const LATELY_MS = 10 * 60 * 1000; // who has spoken within this time is listed

const $ = (id) => document.getElementById(id);
const [state, entry, room, scroll, messages, pendingRows] =
  ["state", "entry", "room", "scroll", "messages", "pending"].map($);

let client = null; // whom this page is logged in as, or tries to be
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

const clockTime = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

/** When a message was said: the upper 46 bits of its stamp are milliseconds since 1970. */
const saidAt = (stamp) => (stamp ? new Date(Number(BigInt(stamp) >> 18n)) : new Date());

function messageRow(who, text, when, isOwn, fate) {
  const row = element("li", isOwn ? "message own" : "message");
  const meta = element("div", "meta");
  const time = element("time", "", clockTime.format(when));
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

function tell(now, text) {
  state.dataset.state = now;
  state.textContent = text;
  document.title = now === "lost" ? "Coppice – connection lost" : "Coppice";
}

function show(isInRoom) {
  entry.hidden = isInRoom;
  room.hidden = !isInRoom;
  $("leave").hidden = !isInRoom;
}

const happens = {
  connected({ server, name, resumed }) {
    tell("here", `${name} at ${server}`);
    if (resumed) word(`Going on at ${server}.`);
  },
  lost({ server, reason }) {
    tell("lost", "Connection lost. Looking for another server …");
    word(`${server} is lost: ${reason}. Looking for another server.`, true);
  },
  caughtUp({ missed }) {
    word(missed === 0 ? "Nothing was missed." : `Nothing was missed: ${missed === 1 ? "one message was" : `${missed} messages were`} said meanwhile.`);
  },
  message({ sender, activity, stamp, copies, late, own }) {
    heard.delete(sender);
    heard.set(sender, Date.now());
    add(messageRow(sender, textOf(activity), saidAt(stamp), own, own ? fateOf(copies) : late ? "late" : ""));
  },
  gap({ first, last }) {
    const count = last - first + 1;
    word(`${count} ${count === 1 ? "message is" : "messages are"} missing here.`, true);
  },
  notice({ info }) { word(info); },
  skipped({ count }) { word(`${count} events came before this page was ready.`); },
};

/** Logs in, and draws what happens until somebody leaves or no server lets the client in. */
async function talk(one) {
  client = one;
  try {
    await one.connect();
    if (one !== client) return;
    show(true);
    $("text").focus();
    for await (const event of one) {
      if (one !== client) return;
      happens[event.type]?.(event);
    }
  } catch (fault) {
    if (one === client) leave(fault.message);
  }
}

function leave(trouble) {
  client?.close();
  client = null;
  pendingRows.replaceChildren();
  tell("away", "Not logged in");
  $("trouble").textContent = trouble ?? "";
  $("trouble").hidden = !trouble;
  for (const button of entry.querySelectorAll("button")) button.disabled = false;
  show(false);
  $("name").focus();
}

async function say(text) {
  const row = messageRow(client.name, text, new Date(), true, "sending …");
  row.classList.add("waits");
  pendingRows.append(row);
  toEnd();
  try {
    await client.say(text);
  } catch (fault) {
    if (row.isConnected) word(`Not said: ${text} (${fault.message})`, true);
  }
  row.remove();
}

// ---- what somebody does

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  const how = event.submitter?.value ?? "login";
  const [name, secret] = [$("name").value.trim(), $("secret").value];
  if (how !== "anonymous" && (!name || !secret)) {
    return leave("A name and a secret are needed, or go in without a name.");
  }
  for (const button of entry.querySelectorAll("button")) button.disabled = true;
  $("trouble").hidden = true;
  tell("away", `Connecting to ${location.host} …`);
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  talk(new Client(url, how === "anonymous" ? {} : { username: name, secret, register: how === "register" }));
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text && client) say(text);
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
