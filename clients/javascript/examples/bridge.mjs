// bridge.mjs [ADDRESS [HTTP-PORT]]: shows what is said to whatever reads Server-Sent Events: a dashboard, curl, a proxy.
//
//     curl -N http://localhost:8081/
//
// Each reader gets what is said from when it came. One that doesn't read is dropped.

import { createServer } from "node:http";
import { Client } from "../coppice.js";

const MOST_READERS = 100;
const MOST_WAITING_BYTES = 1 << 20;
const [server = "tcp://localhost:3780", port = "8081"] = process.argv.slice(2);

const readers = new Set();
const client = await new Client(server).connect();
const web = createServer((request, response) => {
  if (request.method !== "GET") return response.writeHead(405, { Allow: "GET" }).end();
  if (readers.size >= MOST_READERS) return response.writeHead(503).end("too many read already\n");
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": what is said from now on\n\n");
  readers.add(response);
  return response.on("close", () => readers.delete(response));
});
web.listen(Number(port), "localhost", () => console.log(`listening on http://localhost:${web.address().port}/`));

for await (const event of client) {
  if (event.type === "lost") console.error(`${event.server} was lost: ${event.reason}`);
  if (event.type !== "message" && event.type !== "gap") continue;
  // JSON has no line ends outside of strings, where they are escaped: one line of data is enough.
  const text = `event: ${event.type}\n${event.id ? `id: ${event.id}\n` : ""}data: ${JSON.stringify(event)}\n\n`;
  for (const reader of readers) {
    if (reader.writableLength > MOST_WAITING_BYTES) reader.destroy();
    else reader.write(text);
  }
}
