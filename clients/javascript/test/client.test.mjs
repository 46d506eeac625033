// The client over sockets and over WebSocket, against a server that the test plays itself.

import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { Client } from "../coppice.js";

/** A server that a test plays: it lets everybody in, and says what the test wants. */
class Server {
  received = [];
  sockets = [];
  #waiting = [];
  #sequence = 0;

  async open() {
    this.server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve) => { this.server.listen(0, "127.0.0.1", resolve); });
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  #serve(socket) {
    this.sockets.push(socket);
    socket.on("error", () => {});
    let rest = "";
    socket.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
  }

  #take(message) {
    this.received.push(message);
    if (message.command === "LOGIN") this.tell({ command: "LOGIN_SUCCESS", info: "in", vector: {}, shown: "shown", copies: 2 });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  tell(...messages) {
    this.sockets.at(-1).write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  message(n, fields = {}) {
    this.#sequence += 1;
    const activity = { n, authenticated_user: "anonymous" };
    return { command: "ACTIVITY_BROADCAST", activity, id: `o.${this.#sequence}`, stamp: "1", copies: 2, ...fields };
  }

  echo(cseq) {
    this.tell(this.message(cseq, { session: "shown", cseq }));
  }

  async until(holds) {
    while (!holds()) await new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  said() {
    return this.received.filter(({ command }) => command === "ACTIVITY_MESSAGE");
  }
}

/** As much of a browser's WebSocket as the library may use, with lines on TCP below. */
class FakeWebSocket {
  static made = [];
  readyState = 0;

  constructor(url, protocol) {
    FakeWebSocket.made.push({ url, protocol, socket: this });
    const { hostname, port } = new URL(url);
    this.socket = net.connect({ host: hostname, port });
    this.socket.setEncoding("utf8");
    this.socket.on("connect", () => {
      this.readyState = 1;
      this.onopen({});
    });
    // Several lines in one message, as a node sends them to a client that is behind; each message ends with a whole line.
    let rest = "";
    this.socket.on("data", (text) => {
      const end = (rest + text).lastIndexOf("\n") + 1;
      const whole = (rest + text).slice(0, end);
      rest = (rest + text).slice(end);
      if (whole) this.onmessage({ data: whole });
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.readyState = 3;
      this.onclose({ reason: "" });
    });
  }

  send(line) {
    this.socket.write(`${line}\n`);
  }

  close() {
    this.readyState = 2;
    this.socket.end();
  }
}

/** Runs a test over TCP and over WebSocket. */
function both(name, run) {
  const ways = { TCP: ["tcp://", {}], WebSocket: ["ws://", { WebSocket: FakeWebSocket }] };
  for (const [way, [scheme, options]] of Object.entries(ways)) {
    test(`${name} (${way})`, { timeout: 60000 }, async () => {
      const server = await new Server().open();
      const clients = [];
      const client = async (more = {}) => {
        const made = new Client(scheme + server.address, { ...options, ...more });
        clients.push(made);
        return made.connect();
      };
      try {
        await run(server, client);
      } finally {
        await Promise.all(clients.map((made) => made.close()));
        server.close();
      }
    });
  }
}

async function all(client) {
  const events = [];
  for await (const event of client) events.push(event);
  return events;
}

both("say resolves when the message came back", async (server, client) => {
  const anna = await client();
  let isSafe = false;
  const saying = anna.say("hello").then((receipt) => {
    isSafe = true;
    return receipt;
  });
  await server.until(() => server.said().length === 1);
  assert.deepEqual(server.said()[0].activity, { object: "hello" });
  assert(!isSafe);
  server.echo(1);
  assert.deepEqual(await saying, { cseq: 1, copies: 2, promised: 2, id: "o.1", stamp: "1" });
});

both("whoever waits for room first says first, and one that is aborted says nothing", async (server, client) => {
  const anna = await client({ limits: { window: 1 } });
  const abort = new AbortController();
  const saying = [1, 2, 3, 4].map((n) => anna.say({ n }, n === 2 ? { signal: abort.signal } : {}));
  await server.until(() => server.said().length === 1);
  abort.abort();
  await assert.rejects(saying[1], { name: "AbortError" });
  for (const n of [1, 2, 3]) {
    await server.until(() => server.said().length === n);
    server.echo(n);
  }
  await Promise.all([saying[0], saying[2], saying[3]]);
  assert.deepEqual(server.said().map(({ activity }) => activity.n), [1, 3, 4]);
});

both("a program that takes no events for a while gets all of them, and few are kept meanwhile", async (server, client) => {
  const anna = await client({ limits: { queue: 10, firstPause: 0 } });
  const events = anna[Symbol.asyncIterator]();
  assert.equal((await events.next()).value.type, "connected");
  const count = 4000;
  const messages = Array.from({ length: count }, (_, n) => server.message(n, { filler: "x".repeat(1000) }));
  server.tell(...messages);
  const seen = [(await events.next()).value];
  // Over WebSocket the client leaves, and comes back when there is room: the server sends the rest again.
  await new Promise((resolve) => { setImmediate(resolve); });
  let logins = 1;
  while (seen.at(-1).activity?.n !== count - 1) {
    const { value } = await events.next();
    if (value.type === "message") seen.push(value);
    const now = server.received.filter(({ command }) => command === "LOGIN");
    if (now.length > logins) {
      logins = now.length;
      server.tell(...messages.slice(now.at(-1).since.o ?? 0));
    }
  }
  assert.deepEqual(seen.map(({ activity }) => activity.n), Array.from({ length: count }, (_, n) => n));
});

both("what came before anybody asked is bounded and told", async (server, client) => {
  const anna = await client({ limits: { queue: 10 } });
  server.tell(...Array.from({ length: 30 }, (_, n) => server.message(n)));
  const saying = anna.say("last");
  await server.until(() => server.said().length === 1);
  server.echo(1);
  await saying;
  const events = anna[Symbol.asyncIterator]();
  assert.deepEqual((await events.next()).value, { type: "skipped", count: 22 });
  assert.equal((await events.next()).value.activity.n, 21);
});

both("close ends those who wait and those who listen", async (server, client) => {
  const anna = await client({ limits: { window: 1 } });
  const listening = all(anna);
  const saying = [anna.say("x"), anna.say("x")];
  await server.until(() => server.said().length === 1);
  await anna.close();
  for (const one of saying) await assert.rejects(one, { code: "closed" });
  assert.equal((await listening).length, 1);
  await server.until(() => server.received.at(-1).command === "LOGOUT");
  await anna.close();
});

both("a token is fetched before each login", async (server, client) => {
  const tokens = ["first", "second"];
  await client({ token: async () => tokens.shift(), limits: { firstPause: 0 } });
  server.sockets.at(-1).destroy();
  await server.until(() => server.received.length === 2);
  assert.deepEqual(server.received.map(({ token }) => token), ["first", "second"]);
  assert(server.received[1].since);
});

both("a refusal ends the client with its reason", async (server, client) => {
  const anna = await client();
  server.tell({ command: "AUTHENTICATION_FAIL", info: "the name was given to somebody else" });
  await assert.rejects(all(anna), { code: "loginRefused", message: /somebody else/ });
  await assert.rejects(anna.say("x"), { code: "loginRefused" });
});

both("a signal closes the client", async (server, client) => {
  const abort = new AbortController();
  const anna = await client({ signal: abort.signal });
  const listening = all(anna);
  abort.abort();
  await listening;
  await server.until(() => server.received.at(-1).command === "LOGOUT");
});

both("what no message can hold is refused at once", async (server, client) => {
  const anna = await client();
  for (const activity of [undefined, null, 5, [1]]) await assert.rejects(anna.say(activity), TypeError);
  await assert.rejects(anna.say("x".repeat(70000)), { code: "tooLong" });
});

test("a client that was closed, or whose signal was aborted, stays closed", async () => {
  const server = await new Server().open();
  const closed = new Client(server.address);
  await closed.close();
  for (const client of [closed, new Client(server.address, { signal: AbortSignal.abort() })]) {
    await assert.rejects(client.connect(), { code: "closed" });
  }
  assert.deepEqual(server.received, []);
  server.close();
});

test("nobody there", { timeout: 60000 }, async () => {
  const server = await new Server().open();
  server.close();
  await assert.rejects(new Client(server.address, { limits: { firstPatience: 200 } }).connect(), { code: "unreachable" });
});

test("a WebSocket is asked for at /ws, with the subprotocol, or as the address says", async () => {
  for (const [address, url] of [
    ["ws://a:1", "ws://a:1/ws"], ["wss://a", "wss://a:443/ws"], ["wss://a/chat/ws", "wss://a:443/chat/ws"], ["ws://[::1]:5/", "ws://[::1]:5/ws"],
  ]) {
    const made = [];
    class Never { constructor(...wanted) { made.push(wanted); } close() {} }
    const client = new Client(address, { WebSocket: Never });
    const connecting = assert.rejects(client.connect(), { code: "closed" });
    while (made.length === 0) await new Promise((resolve) => { setImmediate(resolve); });
    await client.close();
    await connecting;
    assert.deepEqual(made, [[url, "coppice"]]);
  }
});

test("addresses that are none are refused", () => {
  for (const address of ["localhost", ":1", "a:0", "a:65536", "http://a:1", "", "tcp://a"]) assert.throws(() => new Client(address), TypeError);
  assert.throws(() => new Client([]), TypeError);
  assert.throws(() => new Client("a:1", { register: true }), TypeError);
});
