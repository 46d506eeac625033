// A client of Coppice, a group-communication network that heals itself: for browsers (WebSocket) and for node (TCP and TLS).
//
//     const client = new Client("ws://localhost:3780/ws");
//     await client.connect();
//     await client.say("hello");
//     for await (const event of client) if (event.type === "message") console.log(event.sender, event.activity);
//
// The parts, from the inside out: values (Vector, Doubles, Outbox), parts of the session (Route, Sending, Heartbeat, Settling), Session,
// a state machine without sockets and clock, transports, and Client, which runs a session over a transport. The same machine stands in
// clients/python/coppice/session.py and Sources/Session/ClientSession.swift, and clients/conformance/histories has what these machines
// do, as data. coppice.d.ts describes all that is exported.

/** Every limit of a client. Times are in milliseconds. `coppice.d.ts` says what each is for. */
export const defaultLimits = Object.freeze({
  connectTimeout: 3000, answerTimeout: 15000, firstPatience: 5000, firstPause: 100, nextPause: 50, longestPause: 5000,
  longestFirstPause: 500, firstFullPause: 200, silence: 10000, silencePatience: 20000, heldBackPatience: 60000, lateness: 1000, quiet: 300,
  longestCatchUp: 5000, redirectMemory: 60000, refusals: 5, complaints: 3, complaintsPerMessage: 2, window: 1024,
  windowBytes: 1 << 20, queue: 1024,
});

// The longest line, for a server that doesn't say how long a line it takes.
const LINE_BYTES = 64 * 1024;
// A server that says that it takes only shorter lines is not believed: its clients could say nothing.
const LEAST_LINE_BYTES = 256;
// The longest line that is accepted from a server. The line of an entry has at most 1 MiB.
const RECEIVED_LINE_LENGTH = 16 << 20;
const LONGEST_IDLE_SECONDS = 604800;
// One PING may be late.
const PINGS_PER_IDLE_TIMEOUT = 3;
const SHORTEST_PING_PAUSE = 1000;
// So long at most a resume token is believed to be good, and the shortest time after which a new one is asked for.
const LONGEST_TOKEN_LIFE = 365 * 86400 * 1000;
const SHORTEST_TOKEN_PAUSE = 20000;
const SERVERS = 64;
// A message is repeated within seconds, so the session that has been silent longest can be forgotten.
const SESSIONS = 8192;
// Ranges of numbers of one session. When there are more, the two lowest are joined.
const SEQUENCE_RANGES = 64;
// Origins in a `since`: a node takes no more. The entries of the one that is left out are older than what nodes keep.
const ORIGINS = 4096;
const GOODBYE = 1000;
const ANONYMOUS = "anonymous";
const ABOUT_THE_CONNECTION = ["too slow", "try again", "is full"];

const utf8 = new TextEncoder();
const byteLength = (text) => utf8.encode(text).length;

/** Why something could not be done. `code` is the reason; the message is for people. */
export class CoppiceError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "CoppiceError";
    this.code = code;
  }
}

// Values

/** Reads `HOST:PORT`, `[IPV6]:PORT` or a URL. */
function parseAddress(text) {
  const url = /^(tcp|tls|ws|wss):\/\/(?:\[([^\]]+)\]|([^/:?#]+))(?::(\d+))?(\/[^?#]*)?$/.exec(text.includes("://") ? text : `tcp://${text}`);
  const scheme = url?.[1];
  const port = Number(url?.[4] ?? { ws: 80, wss: 443 }[scheme]);
  if (!url || !(port > 0 && port < 65536)) throw new TypeError(`${text} is not the address of a server: tcp, tls, ws or wss://HOST:PORT`);
  const isWeb = scheme.startsWith("ws");
  return { host: url[2] ?? url[3], port, scheme, path: isWeb ? (url[5] && url[5] !== "/" ? url[5] : "/ws") : "" };
}

const hostAndPort = ({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** How far the entries of every origin were received. A client resumes from there, at whichever node. */
class Vector {
  constructor(sequences) {
    this.sequences = new Map(Object.entries(sequences).map(([origin, sequence]) => [origin, Number(sequence)]));
  }

  toJSON() {
    return Object.fromEntries([...this.sequences].slice(-ORIGINS));
  }

  raise(origin, sequence) {
    const before = this.sequences.get(origin) ?? 0;
    this.sequences.delete(origin); // the order is that in which origins were heard last
    this.sequences.set(origin, Math.max(before, sequence));
  }

  covers(origin, sequence) {
    return sequence <= (this.sequences.get(origin) ?? 0);
  }

  coversAll(other) {
    for (const [origin, sequence] of other.sequences) if (!this.covers(origin, sequence)) return false;
    return true;
  }
}

/**
 * Which numbered messages of which sessions have been shown. One message may come under two ids: its sender repeated it at another node
 * before the first copy had got there. A number counts under one name only, since the names of sessions are public.
 */
class Doubles {
  shown = new Map();

  isFirst(user, session, number) {
    // Beyond 2^53 JavaScript can't tell numbers apart. Nobody counts so far.
    if (!Number.isSafeInteger(number)) return true;
    const key = JSON.stringify([user, session]);
    const ranges = this.shown.get(key) ?? [];
    this.shown.delete(key);
    this.shown.set(key, ranges);
    if (this.shown.size > SESSIONS) this.shown.delete(this.shown.keys().next().value);
    let index = ranges.length; // nearly every number is the next one
    while (index > 0 && ranges[index - 1][0] > number) index -= 1;
    if (index > 0 && number <= ranges[index - 1][1]) return false;
    let [first, last] = [number, number];
    if (ranges[index]?.[0] === number + 1) [[, last]] = ranges.splice(index, 1);
    if (index > 0 && ranges[index - 1][1] + 1 === number) [[first]] = ranges.splice((index -= 1), 1);
    ranges.splice(index, 0, [first, last]);
    if (ranges.length > SEQUENCE_RANGES) ranges.splice(0, 2, [ranges[0][0], ranges[1][1]]);
    return true;
  }
}

/** The own messages that have not come back, in the order in which they were said. */
class Outbox {
  messages = new Map();
  bytes = 0;
  next = 1;

  add(activity) {
    const message = { cseq: this.next, activity, size: byteLength(activity) };
    this.next += 1;
    this.messages.set(message.cseq, message);
    this.bytes += message.size;
    return message;
  }

  remove(cseq) {
    const message = this.messages.get(cseq);
    if (!message) return false;
    this.bytes -= message.size;
    return this.messages.delete(cseq);
  }

  get first() {
    return this.messages.values().next().value;
  }

  /** The oldest message with this content: servers of the base protocol send no numbers back. */
  find(activity) {
    const said = canonical(activity);
    for (const message of this.messages.values()) if (canonical(JSON.parse(message.activity)) === said) return message.cseq;
    return undefined;
  }

  /** Every node keeps the order of a client, so the messages before this one were stored too. One that didn't come back lies in a gap. */
  cameBack(cseq) {
    const numbers = [];
    for (const number of this.messages.keys()) {
      if (number > cseq) break;
      numbers.push(number);
    }
    for (const number of numbers) this.remove(number);
    return numbers;
  }
}

/** The text of an activity in one order of the members, without what servers put in. */
function canonical(activity) {
  const sorted = (value) =>
    Array.isArray(value) ? value.map(sorted)
      : value && typeof value === "object" ? Object.keys(value).sort().map((key) => [key, sorted(value[key])])
        : value;
  const { authenticated_user: _, ...said } = activity;
  return JSON.stringify(sorted(said));
}

// Parts of a session

/**
 * Which server is tried next, and after which pause. A round tries each known server once. The pauses between rounds grow. All pauses are
 * drawn at random, since many clients lose the same server at the same moment.
 */
class Route {
  constructor(given, limits, random, canLogIn) {
    Object.assign(this, { given: unique(given), limits, random, canLogIn });
    this.servers = [...this.given];
    this.round = [...this.given];
    this.roundsDone = 0;
    this.redirects = 0;
    this.redirectedAt = undefined;
    this.timesTurnedAway = 0; // in a row, since the last login that held
  }

  next() {
    this.round = this.round.filter(this.canLogIn);
    if (this.round.length === 0) this.startRound();
    return this.round.shift();
  }

  /** First the given servers, then the new ones, then the older ones. */
  remember(told) {
    this.servers = unique([...this.given, ...told, ...this.servers]).slice(0, Math.max(SERVERS, this.given.length));
  }

  failed(hasLoggedIn) {
    if (this.round.length > 0) return this.draw(this.limits.nextPause);
    this.roundsDone += 1;
    this.startRound();
    return this.upperHalf(this.pauseOfRound(hasLoggedIn));
  }

  /**
   * A server was lost. It is the next one to be tried, but not in a hurry if it loses clients again at once. One that has fallen silent is
   * tried last: it may take connections and answer nothing.
   */
  lost(address, hadHeld, isSilent) {
    this.roundsDone = hadHeld ? 0 : this.roundsDone + 1;
    this.startRound(address);
    if (isSilent) this.round.push(this.round.shift());
    return this.draw(this.roundsDone > 0 ? this.pauseOfRound(true) : this.limits.firstPause);
  }

  /** The server takes no client now. It isn't tried again before all others were. */
  turnedAway(here, told) {
    this.timesTurnedAway += 1;
    this.remember(told);
    const named = unique(told).filter((address) => address !== here && this.canLogIn(address));
    if (named.length > 0) {
      this.round = this.shuffled(named);
    } else {
      this.round = this.round.filter((address) => address !== here);
      if (this.round.length === 0) {
        this.startRound();
        this.round = [...this.round.filter((address) => address !== here), here];
      }
    }
    const doubled = this.limits.firstFullPause * 2 ** Math.min(this.timesTurnedAway - 1, 10);
    return this.upperHalf(Math.min(doubled, this.limits.longestPause));
  }

  /** Returns whether to follow: two servers that redirect to each other would keep the client busy for ever. */
  redirected(to, now) {
    this.remember([to]);
    this.redirects += 1;
    this.redirectedAt = now;
    const follows = this.redirects <= this.limits.refusals && this.canLogIn(to);
    if (follows) this.round = [to];
    return follows;
  }

  wasRedirected(now) {
    return this.redirectedAt !== undefined && now < this.redirectedAt + this.limits.redirectMemory;
  }

  held() {
    this.roundsDone = this.redirects = this.timesTurnedAway = 0;
  }

  startRound(first) {
    const others = this.servers.filter((address) => address !== first && this.canLogIn(address));
    this.round = [...(first ? [first] : []), ...this.shuffled(others)];
  }

  pauseOfRound(hasLoggedIn) {
    const longest = hasLoggedIn ? this.limits.longestPause : this.limits.longestFirstPause;
    return Math.min(100 * 2 ** Math.min(this.roundsDone, 10), longest);
  }

  draw(longest) {
    return this.random() * longest;
  }

  upperHalf(longest) {
    return longest / 2 + this.draw(longest / 2);
  }

  shuffled(addresses) {
    for (let index = addresses.length - 1; index > 0; index -= 1) {
      const other = Math.floor(this.random() * (index + 1));
      [addresses[index], addresses[other]] = [addresses[other], addresses[index]];
    }
    return addresses;
  }
}

const unique = (addresses) => [...new Set(addresses)];

/**
 * What is shown at a login: the user's secret only at the servers that the user named, and elsewhere the resume token that a login or a
 * redirect has given (docs/protocol.md#resume-tokens). Servers that give no tokens have to get the secret that their protocol demands.
 */
class Credentials {
  token = undefined;
  refusedBy = new Set();
  areGiven = false; // a server has given a token: then no secret is shown to a server that was only named
  renewAt = Infinity;
  shownSecret = undefined; // if the server of the present connection was shown it: messages have to show it, too

  constructor(secret, given) {
    this.secret = secret;
    this.given = new Set(given);
  }

  canLogIn(at) {
    return this.secret === undefined || this.mayShowSecret(at) || this.tokenFor(at) !== undefined;
  }

  show(at) {
    this.shownSecret = this.mayShowSecret(at) ? this.secret : undefined;
    this.renewAt = Infinity;
    return { secret: this.shownSecret, resume_token: this.tokenFor(at) };
  }

  received({ resume_token: token, resume_seconds: seconds }, at, now) {
    if (this.secret === undefined || typeof token !== "string") return;
    this.token = token;
    this.areGiven = true;
    this.refusedBy.clear();
    const half = typeof seconds === "number" ? Math.min(seconds * 1000, LONGEST_TOKEN_LIFE) / 2 : 0;
    // Only a login with the secret begets a token that is good for longer.
    const renews = this.shownSecret !== undefined && half >= SHORTEST_TOKEN_PAUSE && this.given.has(at);
    this.renewAt = renews ? now + half : Infinity;
  }

  /** Returns whether the login that was refused had shown a token alone: then others may take it, and the given server the secret. */
  refused(at) {
    if (this.secret === undefined || this.mayShowSecret(at) || this.tokenFor(at) === undefined) return false;
    this.refusedBy.add(at);
    return true;
  }

  mayShowSecret(at) {
    return this.given.has(at) || !this.areGiven;
  }

  tokenFor(at) {
    return this.refusedBy.has(at) ? undefined : this.token;
  }
}

/** Which own messages are sent over a connection, and what a complaint of a server means for them. */
class Sending {
  outbox = new Outbox();
  sentThrough = 0; // the last message that was sent over this connection
  oneByOneThrough = 0; // the server may have complained about a message up to this one: each is sent alone
  suspect = { cseq: 0, times: 0 }; // the message that was alone under way when a server complained
  complaints = 0; // in a row, for which no message can be the reason

  constructor(limits) {
    this.limits = limits;
  }

  get hasRoom() {
    return this.outbox.messages.size < this.limits.window && this.outbox.bytes < this.limits.windowBytes;
  }

  begin() {
    this.sentThrough = 0;
  }

  /** Takes the messages that are to be sent now. */
  due() {
    if (!this.oneByOneThrough && this.sentThrough + 1 === this.outbox.next) return [];
    const { first } = this.outbox;
    if (!first || first.cseq > this.oneByOneThrough) this.oneByOneThrough = 0;
    let due = [...this.outbox.messages.values()].filter((message) => message.cseq > this.sentThrough);
    if (this.oneByOneThrough) due = first && first.cseq > this.sentThrough ? due.slice(0, 1) : [];
    if (due.length > 0) this.sentThrough = due[due.length - 1].cseq;
    return due;
  }

  /** As `due`, when this message is new and all before it have had their turn: the outbox may be long. */
  added(message) {
    if (this.oneByOneThrough) return this.due();
    this.sentThrough = message.cseq;
    return [message];
  }

  /** Returns the messages that are safe now: this one and, unless it stands alone, those before it. */
  cameBack(cseq, alone) {
    this.complaints = 0;
    if (!alone) return this.outbox.cameBack(cseq);
    return this.outbox.remove(cseq) ? [cseq] : [];
  }

  held() {
    if (this.outbox.messages.size === 0) this.complaints = 0;
  }

  /** The reason may be one message, which would be repeated for ever otherwise. */
  complained(info, isOnline) {
    const underWay = isOnline ? [...this.outbox.messages.keys()].filter((cseq) => cseq <= this.sentThrough) : [];
    if (underWay.length === 0 || ABOUT_THE_CONNECTION.some((text) => info.includes(text))) {
      this.complaints += 1;
      return { givesUp: this.complaints >= this.limits.complaints };
    }
    if (underWay.length > 1) {
      this.oneByOneThrough = this.sentThrough;
      return {};
    }
    const [cseq] = underWay;
    this.suspect = { cseq, times: this.suspect.cseq === cseq ? this.suspect.times + 1 : 1 };
    if (this.suspect.times < this.limits.complaintsPerMessage) {
      this.oneByOneThrough = Math.max(cseq, this.oneByOneThrough);
      return {};
    }
    this.outbox.remove(cseq);
    return { refused: cseq };
  }
}

/**
 * When a PING is due, and when a silent server is given up: a server whose machine vanished, or whose process stands still, closes no
 * connection. Only servers that are known to have the command are asked: another one would close the connection.
 */
class Heartbeat {
  knowsPing = false;
  idlePause = Infinity; // after so long without a message to the server it wants a PING
  saidAt = 0;
  heardAt = 0;
  askedAt = undefined; // when the PING was sent after which nothing has come yet
  isReading = true;
  isHeldBack = false;

  constructor(limits) {
    this.limits = limits;
  }

  begin(knowsPing, idleSeconds, now) {
    this.knowsPing = knowsPing;
    const isIdle = Number.isInteger(idleSeconds) && idleSeconds > 0 && idleSeconds <= LONGEST_IDLE_SECONDS;
    this.idlePause = isIdle ? Math.max((idleSeconds * 1000) / PINGS_PER_IDLE_TIMEOUT, SHORTEST_PING_PAUSE) : Infinity;
    this.saidAt = now;
    this.isHeldBack = false;
    this.heard(now);
  }

  said(now) {
    this.saidAt = now;
  }

  heard(now) {
    this.heardAt = now;
    this.askedAt = undefined;
  }

  /** While nothing is read, a silence says nothing about the server. */
  reading(isReading, now) {
    this.isReading = isReading;
    this.heard(now);
  }

  get pingAt() {
    const afterSilence = this.knowsPing && this.isReading && this.askedAt === undefined ? this.heardAt + this.limits.silence : Infinity;
    return Math.min(this.saidAt + this.idlePause, afterSilence);
  }

  get lostAt() {
    if (this.askedAt === undefined || !this.isReading) return Infinity;
    return this.askedAt + (this.isHeldBack ? this.limits.heldBackPatience : this.limits.silencePatience);
  }

  get deadline() {
    return Math.min(this.pingAt, this.lostAt);
  }

  check(now) {
    if (now >= this.lostAt) {
      // If this program stood still itself, the answer may lie unread.
      if (now <= this.lostAt + this.limits.lateness) return "lost";
      this.askedAt = now;
      return "ping";
    }
    if (now < this.pingAt) return "alive";
    if (this.askedAt === undefined && this.knowsPing) this.askedAt = now;
    return "ping";
  }
}

/** After a login: whether it holds, and when everything has come that the client missed. */
class Settling {
  target = undefined; // the server's vector at a later login: everything up to here was missed
  isReturning = false;
  missed = 0;
  quietAt = Infinity;
  until = Infinity;

  constructor(limits) {
    this.limits = limits;
  }

  begin(target, isReturning, now) {
    this.target = isReturning ? target : undefined;
    this.isReturning = isReturning;
    this.quietAt = now + this.limits.quiet;
    this.until = now + this.limits.longestCatchUp;
  }

  left() {
    this.quietAt = this.until = Infinity;
    this.target = undefined;
  }

  get isOver() {
    return this.quietAt === Infinity;
  }

  get deadline() {
    return Math.min(this.quietAt, this.until);
  }

  received(origin, sequence, now) {
    if (!this.target?.covers(origin, sequence)) return;
    this.missed += 1;
    if (!this.isOver) this.quietAt = now + this.limits.quiet;
  }

  /** How many messages were missed, once: as soon as everything that was missed has come. */
  caughtUp(vector) {
    return this.target && vector?.coversAll(this.target) ? this.returned() : undefined;
  }

  settled() {
    this.quietAt = this.until = Infinity;
    return this.returned();
  }

  returned() {
    if (!this.isReturning) return undefined;
    const { missed } = this;
    this.isReturning = false;
    this.missed = 0;
    return missed;
  }
}

/**
 * A client of the network without its sockets.
 *
 *     pausing --> connecting --> registering --> logging in --> logged in
 *        ^             |              |              |             |
 *        +-------------+--------------+--------------+-------------+  lost, full, refused for now, redirected
 *
 * Events go in as calls with the time in milliseconds, effects come out, to be performed in order before the next event:
 * {connect: "HOST:PORT"}, {send: LINE}, {disconnect: true}, {tell: EVENT}, {resolve: RECEIPT}, {refuse: CSEQ, fault}, {end: FAULT or null}.
 */
export class Session {
  constructor({ username, secret, session, servers, random = Math.random, registers = false, limits = {} }) {
    this.identity = { username, secret, session };
    this.limits = { ...defaultLimits, ...limits };
    this.credentials = new Credentials(secret, servers);
    this.route = new Route(servers, this.limits, random, (address) => this.credentials.canLogIn(address));
    this.effects = [];
    this.state = "pausing";
    this.server = null;
    this.due = Infinity; // when the pause, or the patience with a server that doesn't answer, ends
    this.startedAt = 0;
    this.registration = registers ? "wanted" : "done"; // "asked": if the answer is lost, a login shows whether it has worked
    this.token = undefined;
    this.refusals = 0;
    // What is remembered over all servers
    this.hasLoggedIn = false;
    this.sending = new Sending(this.limits);
    this.doubles = new Doubles();
    this.vector = undefined;
    this.last = undefined; // the greatest entry that was received, in the order of stamps
    // What the server has said at the login
    this.name = username ?? ANONYMOUS;
    this.shownSession = session;
    this.lineBytes = LINE_BYTES;
    this.promised = 1;
    // After a login
    this.heartbeat = new Heartbeat(this.limits);
    this.settling = new Settling(this.limits);
  }

  get unsafe() {
    return this.sending.outbox.messages.size;
  }

  get hasRoom() {
    return this.sending.hasRoom;
  }

  get deadline() {
    const whileIn = this.state === "logged in" ? Math.min(this.heartbeat.deadline, this.credentials.renewAt) : Infinity;
    return Math.min(this.due, this.settling.deadline, whileIn);
  }

  // Events

  start(now) {
    this.startedAt = now;
    this.connect(now);
    return this.taken();
  }

  connected(now, token) {
    if (this.state === "connecting") {
      this.token = token;
      if (this.registration === "wanted") {
        this.registration = "asked";
        [this.state, this.due] = ["registering", now + this.limits.answerTimeout];
        this.emit({ command: "REGISTER", username: this.identity.username, secret: this.identity.secret });
      } else {
        this.logIn(now);
      }
    }
    return this.taken();
  }

  disconnected(reason, now) {
    this.connectionLost(reason, now);
    return this.taken();
  }

  received(line, now) {
    if (["pausing", "connecting", "ended"].includes(this.state)) return [];
    this.heartbeat.heard(now);
    try {
      this.receive(JSON.parse(line), now);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)) throw error;
      this.goElsewhere("it doesn't speak the protocol", now);
    }
    return this.taken();
  }

  /** Says the text of an object. Returns its number and the effects. Throws a `CoppiceError` "tooLong". */
  say(activity, now) {
    const fault = this.hasLoggedIn ? this.faultOfLength(activity, this.sending.outbox.next) : undefined;
    if (fault) throw fault;
    const message = this.sending.outbox.add(activity);
    if (this.state === "logged in") this.send(this.sending.added(message), now);
    return { cseq: message.cseq, effects: this.taken() };
  }

  reading(isReading, now) {
    this.heartbeat.reading(isReading, now);
  }

  timePassed(now) {
    if (now >= this.settling.deadline) {
      this.route.held();
      this.sending.held();
      this.tellCaughtUp(this.settling.settled());
    }
    if (this.state === "logged in") {
      this.renewToken(now);
      const pulse = this.heartbeat.check(now);
      if (pulse === "ping") {
        this.heartbeat.said(now);
        this.emit({ command: "PING" });
      } else if (pulse === "lost") {
        this.goElsewhere("it has fallen silent", now, true);
      }
    } else if (now >= this.due) {
      if (this.state === "pausing") this.connect(now);
      else this.goElsewhere(this.state === "connecting" ? "connecting took too long" : "no answer came", now);
    }
    return this.taken();
  }

  close() {
    if (this.state !== "ended") this.end(null);
    return this.taken();
  }

  taken() {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  emit(message) {
    this.effects.push({ send: JSON.stringify(message) });
  }

  tell(event) {
    this.effects.push({ tell: event });
  }

  // Finding a server

  connect(now) {
    this.server = this.route.next();
    [this.state, this.due] = ["connecting", now + this.limits.connectTimeout];
    this.effects.push({ connect: this.server });
  }

  logIn(now) {
    const { username, session } = this.identity;
    [this.state, this.due] = ["logging in", now + this.limits.answerTimeout];
    const since = this.hasLoggedIn ? this.vector : undefined;
    this.emit({
      command: "LOGIN",
      token: this.token,
      username: username ?? (this.token === undefined ? ANONYMOUS : undefined),
      ...this.credentials.show(this.server),
      session,
      features: ["gap", "notice"],
      since,
      last: since ? this.last : undefined,
      redirected: this.route.wasRedirected(now) || undefined,
    });
  }

  /** Asks for a new resume token, on the connection that is logged in. */
  renewToken(now) {
    if (now < this.credentials.renewAt) return;
    const { username, session } = this.identity;
    const { secret } = this.credentials.show(this.server);
    this.heartbeat.said(now);
    this.emit({ command: "LOGIN", username, secret, session, features: ["gap", "notice"] });
  }

  leave(reason) {
    if (this.state === "logged in") this.tell({ type: "lost", server: this.server, reason });
    this.server = null;
    this.settling.left();
  }

  pause(pause, now) {
    [this.state, this.due] = ["pausing", now + pause];
  }

  connectionLost(reason, now, isSilent = false) {
    if (this.state === "pausing" || this.state === "ended") return;
    const [here, hadHeld] = [this.server, this.settling.isOver];
    if (this.state === "logged in") {
      this.leave(reason);
      this.pause(this.route.lost(here, hadHeld, isSilent), now);
      return;
    }
    // A client that was turned away knows that the network is there.
    const isPatient = now < this.startedAt + this.limits.firstPatience || this.route.timesTurnedAway > 0;
    if (!this.hasLoggedIn && !isPatient) {
      this.end(new CoppiceError("unreachable", `${here} can't be reached: ${reason}`));
      return;
    }
    this.leave(reason);
    this.pause(this.route.failed(this.hasLoggedIn), now);
  }

  goElsewhere(reason, now, isSilent) {
    this.effects.push({ disconnect: true });
    this.connectionLost(reason, now, isSilent);
  }

  redirected(to, now) {
    this.effects.push({ disconnect: true });
    if (this.state === "registering") this.registration = "wanted";
    this.leave(`it sent us to ${to}`);
    if (this.route.redirected(to, now)) this.connect(now);
    else this.pause(this.route.failed(this.hasLoggedIn), now);
  }

  turnedAway(info, told, now) {
    const here = this.server;
    this.effects.push({ disconnect: true });
    if (this.state === "registering") this.registration = "wanted";
    this.leave(info);
    this.pause(this.route.turnedAway(here, told), now);
  }

  // Messages from the server

  receive(message, now) {
    const info = String(message.info ?? "");
    const isIn = this.state === "logged in";
    switch (message.command) {
      case "ACTIVITY_BROADCAST":
        if (isIn) this.broadcast(message, now);
        break;
      case "LOGIN_SUCCESS":
        this.credentials.received(message, this.server, now);
        if (this.state === "logging in") this.loggedIn(message, now);
        break;
      case "LOGIN_FAILED":
        if (this.state === "logging in") this.loginFailed(info, now);
        break;
      case "REGISTER_SUCCESS":
        if (this.state !== "registering") break;
        this.registration = "done";
        this.logIn(now);
        break;
      case "REGISTER_FAILED":
        this.end(new CoppiceError("registrationRefused", info));
        break;
      case "AUTHENTICATION_FAIL":
        this.end(new CoppiceError("loginRefused", info));
        break;
      case "INVALID_MESSAGE":
        if (message.servers != null) this.turnedAway(info, message.servers.map(told), now);
        else this.complained(info, now);
        break;
      case "REDIRECT":
        this.credentials.received(message, this.server, now);
        this.redirected(told(message), now);
        break;
      case "GAP":
        if (isIn) this.gap({ type: "gap", origin: String(message.origin), first: count(message.from), last: count(message.through) });
        break;
      case "NOTICE": {
        const waits = typeof message.waits === "boolean" ? message.waits : null;
        if (waits !== null) this.heartbeat.isHeldBack = waits;
        this.tell({ type: "notice", info, waits });
        break;
      }
      default:
        if (typeof message.command !== "string") throw new TypeError("no command");
    }
  }

  loggedIn(success, now) {
    const vector = success.vector == null ? undefined : new Vector(success.vector);
    [this.state, this.due] = ["logged in", Infinity];
    [this.registration, this.refusals] = ["done", 0];
    this.route.remember((success.servers ?? []).map(told));
    this.name = success.username || (this.identity.username ?? ANONYMOUS);
    this.shownSession = success.shown || this.identity.session;
    this.lineBytes = success.max_line_bytes >= LEAST_LINE_BYTES ? success.max_line_bytes : LINE_BYTES;
    this.promised = success.copies || 1;
    this.heartbeat.begin(vector !== undefined, success.idle_timeout, now);
    // At a later login the server's vector says how far the server is, and not how far this client is.
    this.vector ??= vector && new Vector(success.vector);
    const resumed = this.hasLoggedIn;
    this.hasLoggedIn = true;
    this.tell({ type: "connected", server: this.server, name: this.name, resumed });
    if (success.cut) this.tell({ type: "notice", info: `the connection was closed before: ${success.cut}`, waits: null });
    this.sending.begin();
    this.refuseTooLong();
    this.send(this.sending.due(), now);
    this.settling.begin(vector, resumed, now);
    this.tellCaughtUp(this.settling.caughtUp(this.vector));
  }

  loginFailed(info, now) {
    if (this.credentials.refused(this.server)) {
      this.goElsewhere(info, now);
      return;
    }
    if (this.registration === "asked") {
      // The name is unknown, so the registration didn't reach the server.
      this.registration = "wanted";
      this.goElsewhere(info, now);
      return;
    }
    // A client that was logged in before has the right secret. A server may also say that it can't check it now.
    this.refusals += 1;
    const isForNow = (this.hasLoggedIn || info.includes("try again")) && this.refusals <= this.limits.refusals;
    if (isForNow) this.goElsewhere(info, now);
    else this.end(new CoppiceError("loginRefused", info));
  }

  broadcast(message, now) {
    const { activity, id = null, session = null, copies = null } = message;
    const cseq = message.cseq == null ? null : count(message.cseq);
    if (typeof activity !== "object" || activity === null || Array.isArray(activity)) throw new TypeError("no activity");
    const sender = String(activity.authenticated_user ?? "");
    const stamp = message.stamp == null ? null : String(message.stamp);
    const late = message.late === true;
    if (id !== null) {
      const [origin, sequence] = entry(id);
      this.vector ??= new Vector({});
      if (this.vector.covers(origin, sequence)) return;
      this.vector.raise(origin, sequence);
      // Stamps have 64 bits.
      if (stamp !== null && !late && (!this.last || BigInt(this.last.stamp) <= BigInt(stamp))) this.last = { stamp, id };
      this.settling.received(origin, sequence, now);
    }
    const shown = { type: "message", activity, sender, id, stamp, session, cseq, copies, late, own: false };
    const number = this.ownNumber(shown);
    if (number != null) {
      shown.own = true;
      this.cameBack(shown, number, now);
    }
    if (session === null || cseq === null || this.doubles.isFirst(sender, session, cseq)) this.tell(shown);
    this.tellCaughtUp(this.settling.caughtUp(this.vector));
  }

  gap(gap) {
    this.vector ??= new Vector({});
    this.vector.raise(gap.origin, gap.last);
    this.tell(gap);
    this.tellCaughtUp(this.settling.caughtUp(this.vector));
  }

  tellCaughtUp(missed) {
    if (missed !== undefined) this.tell({ type: "caughtUp", missed });
  }

  // Own messages

  line({ activity, cseq }) {
    const secret = this.credentials.shownSecret;
    // The text of the activity stays as it is.
    return `${JSON.stringify({ command: "ACTIVITY_MESSAGE", username: this.name, secret, cseq }).slice(0, -1)},"activity":${activity}}`;
  }

  send(messages, now) {
    for (const message of messages) {
      this.heartbeat.said(now);
      this.effects.push({ send: this.line(message) });
    }
  }

  faultOfLength(activity, cseq) {
    const size = byteLength(this.line({ activity, cseq }));
    if (size <= this.lineBytes) return undefined;
    return new CoppiceError("tooLong", `the message has ${size} bytes, and the server takes ${this.lineBytes}`);
  }

  /** Refuses waiting messages that are too long for the server of this login. */
  refuseTooLong() {
    for (const { activity, cseq } of [...this.sending.outbox.messages.values()]) {
      const fault = this.faultOfLength(activity, cseq);
      if (!fault) continue;
      this.sending.outbox.remove(cseq);
      this.effects.push({ refuse: cseq, fault });
    }
  }

  ownNumber({ activity, sender, session, cseq, id }) {
    if (sender !== this.name) return undefined;
    if (session !== null) return session === this.shownSession ? cseq : undefined;
    // A server of the base protocol gives no numbers: the message is recognised by its content.
    return id === null ? this.sending.outbox.find(activity) : undefined;
  }

  /** The echo of an own message is its receipt: a server shows only what is safe. */
  cameBack(echo, cseq, now) {
    const { promised } = this;
    const copies = echo.copies ?? promised;
    // Without numbers the order says nothing: such a server promises none.
    for (const number of this.sending.cameBack(cseq, echo.cseq === null)) {
      const { id, stamp } = number === cseq ? echo : { id: null, stamp: null };
      this.effects.push({ resolve: { cseq: number, copies, promised, id, stamp } });
    }
    this.send(this.sending.due(), now);
  }

  complained(info, now) {
    if (!this.hasLoggedIn) {
      this.end(new CoppiceError("notUnderstood", info));
      return;
    }
    const { givesUp, refused } = this.sending.complained(info, this.state === "logged in");
    if (givesUp) {
      this.end(new CoppiceError("serverComplains", info));
      return;
    }
    if (refused) this.effects.push({ refuse: refused, fault: new CoppiceError("messageRefused", info) });
    this.goElsewhere(info, now);
  }

  end(fault) {
    if (this.state === "logged in") this.emit({ command: "LOGOUT" });
    const left = fault ?? new CoppiceError("closed", "the client was closed before the message was known to be safe");
    for (const cseq of this.sending.outbox.messages.keys()) this.effects.push({ refuse: cseq, fault: left });
    [this.state, this.due, this.server] = ["ended", Infinity, null];
    this.settling.left();
    this.effects.push({ end: fault });
  }
}

/** The address that a server tells. */
function told({ hostname, port }) {
  if (typeof hostname !== "string" || !(Number(port) > 0 && Number(port) < 65536)) throw new TypeError("no address");
  return hostAndPort({ host: hostname, port: Number(port) });
}

function count(value) {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (!Number.isInteger(number)) throw new TypeError("no number");
  return number;
}

/** Splits `<origin>.<sequence>`. */
function entry(id) {
  const dot = id.lastIndexOf(".");
  return [id.slice(0, dot), count(id.slice(dot + 1))];
}

// Transports: one connection each. {send(line), close(), finish()}, and {pause(), resume()} where reading can wait. They call
// opened(), line(text) and closed(reason), and nothing after closed() or close().

/** Opens a connection. `options.WebSocket` takes the place of the global one; `options.tls` goes to node's `tls.connect`. */
function open(address, options, listener) {
  return address.scheme.startsWith("ws") ? openWebSocket(address, options, listener) : openSocket(address, options, listener);
}

function openWebSocket(address, options, listener) {
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  let isClosed = false;
  const closed = (reason) => {
    if (isClosed) return;
    isClosed = true;
    listener.closed(reason);
  };
  if (!WebSocket) {
    queueMicrotask(() => closed("there is no WebSocket here: use tcp:// or tls://"));
    return { send() {}, close: () => { isClosed = true; }, finish: () => { isClosed = true; } };
  }
  const socket = new WebSocket(`${address.scheme}://${hostAndPort(address)}${address.path}`, "coppice");
  const close = () => {
    isClosed = true;
    socket.close();
  };
  socket.onopen = () => { if (!isClosed) listener.opened(); };
  socket.onclose = (event) => closed(event.reason || "the server closed the connection");
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      if (isClosed) return;
      if (line !== "") listener.line(line);
    }
  };
  return { send: (line) => { if (socket.readyState === 1) socket.send(line); }, close, finish: close };
}

function openSocket(address, options, listener) {
  let socket;
  let isClosed = false;
  let rest = "";
  const closed = (reason) => {
    if (isClosed) return;
    isClosed = true;
    socket?.destroy();
    listener.closed(reason);
  };
  const read = (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (isClosed) return;
      listener.line(line);
    }
    if (rest.length > RECEIVED_LINE_LENGTH) closed(`a line has more than ${RECEIVED_LINE_LENGTH} characters`);
  };
  const begin = async () => {
    const isSecure = address.scheme === "tls";
    const [net, tls] = await Promise.all([import("node:net"), isSecure ? import("node:tls") : undefined]);
    if (isClosed) return;
    const { host, port } = address;
    const servername = net.isIP(host) ? undefined : host;
    socket = isSecure ? tls.connect({ host, port, servername, ...options.tls }) : net.connect({ host, port });
    socket.setNoDelay(true).setKeepAlive(true, 5000).setEncoding("utf8");
    socket.once(isSecure ? "secureConnect" : "connect", () => { if (!isClosed) listener.opened(); });
    socket.on("data", read);
    socket.on("error", (error) => closed(error.message || error.code));
    // An unfinished last line doesn't count: a killed server ends like that.
    socket.on("close", () => closed("the server closed the connection"));
  };
  begin().catch((error) => closed(String(error)));
  return {
    send: (line) => socket?.write(`${line}\n`),
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
    close() {
      isClosed = true;
      socket?.destroy();
    },
    /** Closes once everything is sent. */
    finish() {
      isClosed = true;
      socket?.end();
      socket?.resume();
      const timer = setTimeout(() => socket?.destroy(), GOODBYE);
      socket?.once("close", () => clearTimeout(timer));
    },
  };
}

async function randomSession() {
  // node 18 has no global crypto.
  const crypto = globalThis.crypto ?? (await import("node:crypto")).webcrypto;
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A WebSocket can't be told to wait. Past so many queues the client leaves, and resumes when the program has caught up.
const QUEUES_WITHOUT_PAUSE = 8;

/** A client of the network: a `Session` over transports. */
export class Client {
  #options;
  #shape;
  #session = null;
  #transport = null;
  #timer = undefined;
  #timerAt = Infinity;
  #events = [];
  #listens = false; // until then no event is waited for, and the oldest ones give way
  #skipped = 0;
  #isBehind = false;
  #isHeld = false; // behind, and disconnected, since this transport can't wait
  #receipts = new Map();
  #waiting = [];
  #turn = Promise.resolve();
  #hasLoggedIn = false;
  #fault = null;
  #starting = null;
  #isClosed = false;

  constructor(servers, options = {}) {
    const given = [servers].flat().map(parseAddress);
    if (given.length === 0) throw new TypeError("no server is given");
    if (options.register && (options.username === undefined || options.secret === undefined)) {
      throw new TypeError("registering needs a name and a secret");
    }
    this.#options = { ...options, given };
    this.#shape = { scheme: given[0].scheme, path: given[0].path };
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal?.aborted) this.#isClosed = true;
  }

  async connect() {
    this.#starting ??= this.#start();
    await this.#starting;
    while (!this.#hasLoggedIn && !this.#hasEnded) await this.#change();
    if (this.#fault || !this.#hasLoggedIn) throw this.#fault ?? new CoppiceError("closed", "the client was closed");
    return this;
  }

  async #start() {
    const { given, username, secret, register = false, limits = {}, session = await randomSession() } = this.#options;
    if (this.#isClosed) return;
    const servers = given.map(hostAndPort);
    this.#session = new Session({ username, secret, session, servers, registers: register, limits });
    this.#perform(this.#session.start(now()));
  }

  get name() {
    return this.#session?.name ?? this.#options.username ?? ANONYMOUS;
  }

  get server() {
    return this.#session?.state === "logged in" ? this.#session.server : null;
  }

  get unsafe() {
    return this.#session?.unsafe ?? 0;
  }

  async say(activity, { signal } = {}) {
    const { safe } = await this.post(activity, { signal });
    return signal ? Promise.race([safe, aborted(signal)]) : safe;
  }

  async post(activity, { signal } = {}) {
    signal?.throwIfAborted();
    const isObject = typeof activity === "object" && activity !== null && !Array.isArray(activity);
    if (!isObject && typeof activity !== "string") throw new TypeError("an activity is an object or a text");
    const text = JSON.stringify(isObject ? activity : { object: activity });
    // Whoever waits for room first says first.
    const before = this.#turn;
    let release;
    this.#turn = new Promise((resolve) => { release = resolve; });
    try {
      await before;
      while (this.#session && !this.#session.hasRoom && !this.#hasEnded) await this.#change(signal);
      if (!this.#session || this.#hasEnded) throw this.#fault ?? new CoppiceError("closed", "the client is not connected");
      signal?.throwIfAborted();
      const { cseq, effects } = this.#session.say(text, now());
      const safe = new Promise((resolve, reject) => { this.#receipts.set(cseq, { resolve, reject }); });
      safe.catch(() => {}); // whoever doesn't wait for a receipt needs no warning that nobody looked at its fault
      this.#perform(effects);
      return { cseq, safe };
    } finally {
      release();
    }
  }

  async flush() {
    while (this.unsafe > 0 && !this.#hasEnded) await this.#change();
    if (this.#fault) throw this.#fault;
  }

  async *[Symbol.asyncIterator]() {
    this.#listens = true;
    if (this.#skipped > 0) {
      const count = this.#skipped;
      this.#skipped = 0;
      yield { type: "skipped", count };
    }
    for (;;) {
      while (this.#events.length > 0) {
        const event = this.#events.shift();
        if (this.#isBehind && this.#events.length <= this.#queue / 2) this.#goOn();
        yield event;
      }
      if (this.#hasEnded) {
        if (this.#fault) throw this.#fault;
        return;
      }
      await this.#change();
    }
  }

  async close() {
    this.#isClosed = true;
    const transport = this.#transport;
    if (this.#session) this.#perform(this.#session.close());
    this.#transport = null;
    transport?.finish();
    this.#wake();
  }

  // The session

  get #hasEnded() {
    return this.#isClosed || this.#session?.state === "ended";
  }

  get #queue() {
    return this.#options.limits?.queue ?? defaultLimits.queue;
  }

  #perform(effects) {
    for (const effect of effects) {
      if (effect.tell) {
        if (effect.tell.type === "connected") this.#hasLoggedIn = true;
        this.#events.push(effect.tell);
      } else if (effect.send) {
        this.#transport?.send(effect.send);
      } else if (effect.resolve) {
        this.#receipts.get(effect.resolve.cseq)?.resolve(effect.resolve);
        this.#receipts.delete(effect.resolve.cseq);
      } else if (effect.refuse) {
        this.#receipts.get(effect.refuse)?.reject(effect.fault);
        this.#receipts.delete(effect.refuse);
      } else if (effect.connect) {
        this.#open(effect.connect);
      } else if (effect.disconnect) {
        this.#disconnect();
      } else {
        this.#fault = effect.end;
        if (effect.end) this.#disconnect();
      }
    }
    if (this.#events.length > this.#queue) this.#overflow();
    this.#setTimer();
    this.#wake();
  }

  #overflow() {
    while (!this.#listens && this.#events.length > this.#queue) {
      this.#events.shift();
      this.#skipped += 1;
    }
    if (!this.#listens || !this.#transport) return;
    if (this.#transport.pause) {
      if (this.#isBehind) return;
      this.#isBehind = true;
      this.#session.reading(false, now());
      this.#transport.pause();
    } else if (this.#events.length > this.#queue * QUEUES_WITHOUT_PAUSE) {
      this.#isBehind = this.#isHeld = true;
      this.#disconnect();
      this.#perform(this.#session.disconnected("the program takes no events", now()));
    }
  }

  /** The program has caught up. */
  #goOn() {
    this.#isBehind = this.#isHeld = false;
    this.#session.reading(true, now());
    this.#transport?.resume?.();
    this.#setTimer();
  }

  /** Most deadlines move on with each line. A timer that comes too early finds nothing to do, and is set anew. */
  #setTimer() {
    const deadline = this.#isHeld ? Infinity : this.#session.deadline;
    if (deadline < this.#timerAt || deadline === Infinity) {
      clearTimeout(this.#timer);
      this.#timerAt = Infinity;
    }
    if (this.#timerAt !== Infinity || deadline === Infinity) return;
    this.#timerAt = deadline;
    const passed = () => {
      this.#timerAt = Infinity;
      this.#perform(this.#session.timePassed(now()));
    };
    this.#timer = setTimeout(passed, Math.max(0, Math.ceil(deadline - now())));
  }

  #disconnect() {
    this.#transport?.close();
    this.#transport = null;
  }

  #open(server) {
    this.#disconnect();
    const isCurrent = () => this.#transport === transport;
    const transport = open({ ...parseAddress(server), ...this.#shape }, this.#options, {
      opened: async () => {
        let { token } = this.#options;
        if (typeof token === "function") {
          try {
            token = await token();
          } catch (error) {
            if (isCurrent()) this.#lose(`there is no token: ${error?.message ?? error}`);
            return;
          }
        }
        if (isCurrent()) this.#perform(this.#session.connected(now(), token));
      },
      line: (text) => {
        if (isCurrent()) this.#perform(this.#session.received(text, now()));
      },
      closed: (reason) => {
        if (isCurrent()) this.#lose(reason);
      },
    });
    this.#transport = transport;
    if (this.#isBehind) transport.pause?.();
  }

  #lose(reason) {
    this.#disconnect();
    this.#perform(this.#session.disconnected(reason, now()));
  }

  // Whoever waits

  /** Resolves when something has changed; rejects when the signal is aborted. */
  #change(signal) {
    const changed = new Promise((resolve) => { this.#waiting.push(resolve); });
    return signal ? Promise.race([changed, aborted(signal)]) : changed;
  }

  #wake() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

const now = () => performance.now();

function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
