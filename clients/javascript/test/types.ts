// Compiled, and not run: what coppice.d.ts promises to programs in TypeScript.

import { Client, CoppiceError, defaultLimits, type Event, type Receipt } from "../coppice.js";

export async function talk(signal: AbortSignal): Promise<Receipt> {
  const client = await new Client(["ws://a/ws", "ws://b/ws"], { username: "anna", token: async () => "t", signal, limits: { queue: 5 } }).connect();
  const { cseq, safe } = await client.post({ text: "hello" });
  const texts: string[] = [];
  for await (const event of client) texts.push(describe(event));
  try {
    await client.flush();
  } catch (error) {
    if (error instanceof CoppiceError && error.code === "closed") await client.close();
  }
  const sum: number = cseq + client.unsafe + defaultLimits.window;
  return sum > 0 ? safe : client.say("again", { signal });
}

function describe(event: Event): string {
  switch (event.type) {
    case "message": return `${event.sender} ${event.copies ?? 0} ${event.own}`;
    case "gap": return `${event.origin} ${event.last - event.first}`;
    case "connected": return event.server + event.name + event.resumed;
    case "caughtUp": return String(event.missed);
    case "lost": return event.reason;
    case "notice": return event.info;
    case "skipped": return String(event.count);
  }
}
