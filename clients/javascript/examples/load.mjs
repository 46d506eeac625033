// load.mjs [ADDRESS,… [CLIENTS [MESSAGES [WINDOW]]]]: a load test. One client says MESSAGES, of which WINDOW are under way at most;
// CLIENTS listen. Prints how fast they came, how long receipts took, and ends with status 1 if anybody missed one.

import { Client } from "../coppice.js";

const [servers = "tcp://localhost:3780", clients = "20", messages = "5000", window = "256"] = process.argv.slice(2);
const nodes = servers.split(",");
const count = Number(messages);
const run = String(process.hrtime.bigint());

async function listen(client) {
  let seen = 0;
  for await (const { type, activity } of client) {
    if (type !== "message" || activity.run !== run) continue;
    seen += 1;
    if (activity.n === count - 1) break;
  }
  return seen;
}

const listeners = Array.from({ length: Number(clients) }, (_, index) => new Client(nodes[index % nodes.length]));
await Promise.all(listeners.map((client) => client.connect()));
const sender = await new Client(nodes[0], { limits: { window: Number(window) } }).connect();

const listening = listeners.map(listen);
const times = [];
const began = performance.now();
for (let n = 0; n < count; n += 1) {
  const said = performance.now();
  const { safe } = await sender.post({ run, n, text: "x".repeat(64) });
  safe.then(() => times.push(performance.now() - said), () => {});
}
const seen = (await Promise.all(listening)).reduce((sum, one) => sum + one, 0);
await sender.flush();
const seconds = (performance.now() - began) / 1000;
await Promise.all([sender, ...listeners].map((client) => client.close()));

times.sort((one, other) => one - other);
const after = (share) => `${times[Math.floor(times.length * share)].toFixed(1)} ms`;
const missed = count * listeners.length - seen;
console.log(`${Math.round(seen / seconds).toLocaleString("en")} deliveries a second; `
  + `receipts after ${after(0.5)} (half), ${after(0.99)} (99 of 100); ${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;
