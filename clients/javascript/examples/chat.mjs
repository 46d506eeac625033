// chat.mjs [ADDRESS [NAME]]: says what you type, and shows what is said. Control-D leaves. The secret of a name is read from the
// environment: COPPICE_USER_SECRET.

import { createInterface } from "node:readline";
import { Client, CoppiceError } from "../coppice.js";

const [server = "tcp://localhost:3780", username] = process.argv.slice(2);
const secret = username && process.env.COPPICE_USER_SECRET;

async function show(client) {
  for await (const event of client) {
    switch (event.type) {
      case "message":
        console.log(`<${event.sender}${event.own ? " (you)" : ""}> ${event.activity.object ?? JSON.stringify(event.activity)}`);
        break;
      case "gap":
        console.log(`-- ${event.last - event.first + 1} messages are gone for good`);
        break;
      case "lost":
        console.log(`-- ${event.server} was lost (${event.reason}); what you type is kept`);
        break;
      case "connected":
        console.log(`-- you are ${event.name} at ${event.server}`);
    }
  }
}

try {
  const client = await new Client(server, { username, secret }).connect();
  const showing = show(client);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim()) await client.post(line.trim());
  }
  await client.flush();
  await client.close();
  await showing;
} catch (fault) {
  if (!(fault instanceof CoppiceError)) throw fault;
  console.error(`${fault.code}: ${fault.message}`);
  process.exitCode = 1;
}
