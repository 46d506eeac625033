// javascript.mjs LIBRARY: drives the JavaScript library by lines of JSON (clients/conformance/README.md).

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { WebSocket = (await import("./websocket.mjs")).WebSocket } = globalThis;
const { Client } = await import(pathToFileURL(resolve(process.argv[2], "coppice.js")));

const saw = (what, fields = {}) => process.stdout.write(`${JSON.stringify({ saw: what, ...fields })}\n`);
const failed = (fault) => saw("failed", { reason: fault.code, info: fault.message });

let client;
let saying = Promise.resolve();
let listens = Promise.resolve();
let begin = () => {};

async function listen() {
  try {
    for await (const { type, ...event } of client) {
      await listens;
      saw(type, event);
    }
  } catch (fault) {
    failed(fault);
  }
}

async function say({ n, activity }) {
  const refused = (fault) => saw("refused", { n, reason: fault.code });
  try {
    const { safe } = await client.post(activity);
    safe.then((receipt) => saw("receipt", { n, ...receipt }), refused);
  } catch (fault) {
    refused(fault);
  }
}

let listening;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "connect") {
    const { servers, username, secret, register, limits, authority, web } = command;
    const scheme = web ? "ws" : authority ? "tls" : "tcp";
    const tls = authority && { ca: readFileSync(authority) };
    client = new Client(servers.map((server) => `${scheme}://${server}`), { username, secret, register, limits, tls, WebSocket });
    try {
      await client.connect();
      listening = listen();
    } catch (fault) {
      failed(fault);
    }
  } else if (command.do === "say") {
    saying = saying.then(() => say(command));
  } else if (command.do === "listen") {
    begin();
    if (!command.on) listens = new Promise((goOn) => { begin = goOn; });
  } else if (command.do === "close") {
    await client.close();
    await listening;
    saw("closed");
  }
}
process.exit(0);
