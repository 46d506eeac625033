// One conversation with the network, over whichever node is there: it logs in, says what it is given, and goes on at
// another node when its own is lost. Nothing is shown twice, and nothing is missed that the network still has.
//
// Events, each a CustomEvent with a `detail`: `state` ({state, node, info}), `message`, `safe` (of an own message),
// `gap`, `notice`, `refused` ({info}: the login was refused; nothing more is tried).

const CONNECT_MS = 4000; // how long a node may take to answer
const PING_MS = 15000; // how often a silent node is asked whether it is there
const PAUSE_MS = [100, 5000]; // the first and the longest pause between two rounds, before jitter

const jitter = (ms) => ms * (0.5 + Math.random());

export function socketURL({ hostname, port }) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/ws`;
}

const nameOf = ({ hostname, port }) => `${hostname}:${port}`;

export class Conversation extends EventTarget {
  #home; // where the page came from
  #servers = []; // other nodes, the best first
  #node = null; // the one that is tried or used
  #socket = null;
  #user = { username: "anonymous" };
  #registers = false;
  #vector = null; // what was seen: the highest sequence of each origin
  #last = null; // the latest in the total order
  #session = null; // secret: shown to go on under it
  #shown = null; // what others know the session by
  #copies = 1;
  #cseq = 0;
  #pending = new Map(); // cseq → activity, not seen to be safe yet
  #heard = new Map(); // session → its highest cseq: a retry may come twice
  #isHere = false;
  #isOver = false;
  #isSentOn = false; // a redirect brought us here
  #timers = new Set();
  #rounds = 0;
  #lastHeard = 0;

  constructor(home) {
    super();
    this.#home = home;
  }

  get pending() { return this.#pending; }
  get copies() { return this.#copies; }

  /** Logs in, after registering the name if that is wanted. */
  begin(user, registers = false) {
    this.#user = user;
    this.#registers = registers;
    this.#connect(this.#home);
  }

  /** Says something. It counts as said when `safe` comes with its number, which is returned. */
  say(activity) {
    const cseq = ++this.#cseq;
    this.#pending.set(cseq, activity);
    if (this.#isHere) this.#sendActivity(cseq, activity);
    return cseq;
  }

  end() {
    this.#isOver = true;
    this.#send({ command: "LOGOUT" });
    this.#drop();
  }

  // ---- connecting

  #connect(node) {
    this.#drop();
    if (this.#isOver) return;
    this.#node = node;
    this.#tell("connecting");
    let socket;
    try {
      socket = new WebSocket(socketURL(node), "coppice");
    } catch {
      return this.#lost();
    }
    this.#socket = socket;
    const late = this.#after(CONNECT_MS, () => this.#lost());
    socket.onopen = () => this.#hello();
    socket.onmessage = ({ data }) => {
      this.#lastHeard = performance.now();
      for (const line of data.split("\n")) {
        if (!line || socket !== this.#socket) continue;
        let message;
        try { message = JSON.parse(line); } catch { continue; }
        if (message.command === "LOGIN_SUCCESS") this.#cancel(late);
        this.#take(message);
      }
    };
    socket.onclose = () => { if (socket === this.#socket) this.#lost(); };
  }

  /** Lets go of the connection, and of everything that waits for it. */
  #drop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const socket = this.#socket;
    this.#socket = null;
    this.#isHere = false;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  /** The node is lost: the next one is tried, all of them in turn. */
  #lost() {
    if (this.#isOver) return;
    const lostNode = this.#node;
    this.#drop();
    const nodes = [this.#home, ...this.#servers];
    const names = [...new Set(nodes.map(nameOf))];
    const next = (names.indexOf(nameOf(lostNode)) + 1) % names.length;
    if (next === 0) this.#rounds += 1;
    const pause = this.#rounds === 0 ? 0 : Math.min(PAUSE_MS[1], PAUSE_MS[0] * 2 ** (this.#rounds - 1));
    this.#tell("lost", nameOf(lostNode));
    this.#after(jitter(pause), () => this.#connect(nodes.find((node) => nameOf(node) === names[next])));
  }

  #after(ms, action) {
    const timer = setTimeout(() => { this.#timers.delete(timer); action(); }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer) {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  // ---- speaking

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hello() {
    if (this.#registers) this.#send({ command: "REGISTER", ...this.#user });
    else this.#login();
  }

  #login() {
    const login = { command: "LOGIN", ...this.#user, features: ["gap", "notice"] };
    if (this.#session) login.session = this.#session;
    if (this.#vector) login.since = this.#vector;
    if (this.#last) login.last = this.#last;
    if (this.#isSentOn) login.redirected = true;
    this.#send(login);
  }

  #sendActivity(cseq, activity) {
    this.#send({ command: "ACTIVITY_MESSAGE", ...this.#user, activity, cseq });
  }

  /** Whether the node still answers: a connection may be dead without a word. */
  #watch() {
    this.#after(PING_MS, () => {
      if (performance.now() - this.#lastHeard > 2 * PING_MS) return this.#lost();
      this.#send({ command: "PING" });
      this.#watch();
    });
  }

  // ---- hearing

  #take(message) {
    switch (message.command) {
      case "REGISTER_SUCCESS":
        this.#registers = false;
        return this.#login();
      case "LOGIN_SUCCESS":
        return this.#loggedIn(message);
      case "ACTIVITY_BROADCAST":
        return this.#hear(message);
      case "GAP":
        this.#vector[message.origin] = message.through;
        return this.#emit("gap", { count: message.through - message.from + 1 });
      case "NOTICE":
        return this.#emit("notice", { info: message.info });
      case "REDIRECT":
        this.#isSentOn = true;
        return this.#connect({ hostname: message.hostname, port: Number(message.port) });
      case "INVALID_MESSAGE":
        if (message.servers) this.#servers = message.servers;
        this.#emit("notice", { info: message.info });
        return this.#rest();
      case "LOGIN_FAILED":
        if (message.info?.includes("try again")) return this.#rest();
        return this.#refuse(message.info);
      case "REGISTER_FAILED":
      case "AUTHENTICATION_FAIL":
        return this.#refuse(message.info);
    }
  }

  /** The node is there, and doesn't want us now: no node is asked again at once. */
  #rest() {
    this.#rounds = Math.max(this.#rounds, 3);
    this.#lost();
  }

  #refuse(info) {
    this.#isOver = true;
    this.#drop();
    this.#emit("refused", { info });
  }

  #loggedIn(message) {
    this.#isHere = true;
    this.#rounds = 0;
    this.#isSentOn = false;
    this.#vector ??= message.vector ?? {};
    this.#servers = message.servers ?? [];
    this.#session = message.session;
    this.#shown = message.shown;
    this.#copies = message.copies ?? 1;
    this.#tell("here");
    for (const [cseq, activity] of this.#pending) this.#sendActivity(cseq, activity);
    this.#watch();
  }

  #hear(message) {
    const dot = message.id?.lastIndexOf(".") ?? -1;
    if (dot > 0) {
      this.#vector[message.id.slice(0, dot)] = Number(message.id.slice(dot + 1));
      this.#last = { stamp: message.stamp, id: message.id };
    }
    const { session, cseq } = message;
    if (session !== undefined && cseq !== undefined) {
      if (cseq <= (this.#heard.get(session) ?? 0)) return;
      this.#heard.delete(session);
      this.#heard.set(session, cseq);
      if (this.#heard.size > 10000) this.#heard.delete(this.#heard.keys().next().value);
    }
    const isOwn = session !== undefined && session === this.#shown;
    if (isOwn) this.#pending.delete(cseq);
    this.#emit("message", { ...message, isOwn });
    if (isOwn) this.#emit("safe", { cseq, copies: message.copies });
  }

  // ---- telling

  #tell(state, lost) {
    this.#emit("state", { state, node: this.#node && nameOf(this.#node), lost });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
