/** What people say: any object. `authenticated_user` is put in by the server. */
export type Activity = { [member: string]: any };

/** Something that somebody has said; each is told once, and those of one sender in the order in which they were said. */
export interface Message {
  type: "message";
  activity: Activity;
  /** The name under which the sender is logged in: `anonymous`, or one that the server has checked. */
  sender: string;
  /** `<origin>.<sequence>`: which entry of the log it is; null from servers of the base protocol. */
  id: string | null;
  /** 46 bits of milliseconds since 1970 above 18 bits of counter, in decimal: `Number(BigInt(stamp) >> 18n)` is the time. */
  stamp: string | null;
  /** What the sender's session is called; with `cseq` it names the message, wherever it was taken. */
  session: string | null;
  cseq: number | null;
  /** How many nodes are known to hold it. */
  copies: number | null;
  /** In total order: it comes after its position, since the network was cut for long. */
  late: boolean;
  /** This client has said it. */
  own: boolean;
}

/** The entries `first` to `last` of `origin` don't come: no server that was asked still has them. */
export interface Gap { type: "gap"; origin: string; first: number; last: number }

/** The client is logged in; `name` is its name as others see it. `resumed` is false at the first login. */
export interface Connected { type: "connected"; server: string; name: string; resumed: boolean }

/** Everything that was said while the client had no server has come: `missed` messages of it. */
export interface CaughtUp { type: "caughtUp"; missed: number }

/** The server was lost, or has sent the client on. Another one is being looked for. */
export interface Lost { type: "lost"; server: string; reason: string }

/** The server says something that people should know; `waits`: whether it takes messages only as fast as the slowest link does. */
export interface Notice { type: "notice"; info: string; waits: boolean | null }

/** So many events came before the program asked for any, and were not kept. */
export interface Skipped { type: "skipped"; count: number }

export type Event = Message | Gap | Connected | CaughtUp | Lost | Notice | Skipped;

/** A message of this client is safe: so many nodes hold it that it is shown to everybody. */
export interface Receipt {
  cseq: number;
  /** How many nodes are known to hold it. */
  copies: number;
  /** How many are to hold it. Fewer `copies` mean that the server had no neighbours left. */
  promised: number;
  /** Null if a later message came back first: this one lies in a gap. */
  id: string | null;
  stamp: string | null;
}

/** Why something could not be done. */
export type Reason =
  /** None of the given servers answered within `firstPatience`. */
  | "unreachable"
  /** The name or the secret is wrong, or the token isn't valid. */
  | "loginRefused"
  | "registrationRefused"
  /** The server doesn't understand the first message: it is another kind of program, or refuses the name. */
  | "notUnderstood"
  /** Servers complain again and again, and no single message can be the reason. */
  | "serverComplains"
  /** The message would be longer than the server takes. It was not sent. */
  | "tooLong"
  /** The server doesn't take this message, and it isn't sent again. */
  | "messageRefused"
  /** The client was closed before the message was known to be safe. It may still be shown to others. */
  | "closed";

export class CoppiceError extends Error {
  constructor(code: Reason, message: string);
  readonly code: Reason;
}

/** Every limit of a client; times are in milliseconds. */
export interface Limits {
  /** A reachable host answers within one round trip, and after two lost packets still within this time. */
  connectTimeout: number;
  /** A registration asks the whole tree; a login may have to. */
  answerTimeout: number;
  /** How long a new client tries to reach the given servers. */
  firstPatience: number;
  /** The longest pause before a lost server is tried again. It is drawn from zero to this. */
  firstPause: number;
  /** The longest pause between attempts at two servers in one round. */
  nextPause: number;
  /** The longest pause between rounds. The pause doubles from round to round. */
  longestPause: number;
  /** The same until a server has been reached: somebody may sit there and wait. */
  longestFirstPause: number;
  /** The pause after a server that takes no client; it doubles with each such server. */
  firstFullPause: number;
  /** After this long without a line from the server the client sends a `PING`. */
  silence: number;
  /** How long its answer may take. A node may take nothing from a client that resumes for 15 s. */
  silencePatience: number;
  /** The same while the server has said that it holds the client back. */
  heldBackPatience: number;
  /** A timer that comes so late shows that this program stood still: what the server sent meanwhile has not been read yet. */
  lateness: number;
  /** After this long without a further missed message a login counts as one that holds. */
  quiet: number;
  /** The same, even if missed messages keep coming. */
  longestCatchUp: number;
  /** A client that was sent on within this time tells the next server, which keeps it. */
  redirectMemory: number;
  /** Refusals in a row that are accepted of a login that was accepted before, and redirects in a row that are followed. */
  refusals: number;
  /** Complaints in a row that are accepted whose reason can't be a message. */
  complaints: number;
  /** How often a message is sent that was the only one under way when a server complained. */
  complaintsPerMessage: number;
  /** Own messages under way. When there are more, `post` and `say` wait. */
  window: number;
  windowBytes: number;
  /** Events that wait for the program. When there are more, the client reads nothing from its server. */
  queue: number;
}

export const defaultLimits: Readonly<Limits>;

export interface Options {
  /** The name to log in as; without one the client is anonymous. */
  username?: string;
  secret?: string;
  /** What to log in with instead of a secret: a token that somebody else vouches with (a JWT), or what fetches one before each login. */
  token?: string | (() => string | Promise<string>);
  /** Register the name with the secret first. */
  register?: boolean;
  /** The session to go on under: 1 to 64 bytes that nobody else can guess. By default a new one. */
  session?: string;
  /** For `tls://`: options of node's `tls.connect`, such as `{ ca: readFileSync("authority.pem") }`. */
  tls?: object;
  /** For `ws://` and `wss://`: what takes the place of the global WebSocket. */
  WebSocket?: new (url: string, protocol: string) => any;
  /** Closes the client when it is aborted. */
  signal?: AbortSignal;
  limits?: Partial<Limits>;
}

export interface Cancellable {
  /** Ends the wait. A message that was sent isn't taken back. */
  signal?: AbortSignal;
}

export class Client implements AsyncIterable<Event> {
  /**
   * @param servers one address or several: `ws://HOST:PORT/ws` and `wss://…` everywhere, in node also `tcp://HOST:PORT` (or just
   *   `HOST:PORT`) and `tls://…`. Further servers are learned from these, and are spoken to in the way of the first one.
   */
  constructor(servers: string | string[], options?: Options);

  /** Resolves when the client has logged in. */
  connect(): Promise<this>;

  /** The client's name as others see it. */
  readonly name: string;

  /** `HOST:PORT` of the server at which the client is logged in; null while it looks for one. */
  readonly server: string | null;

  /** Messages of this client that are not known to be safe. */
  readonly unsafe: number;

  /** Says something to everybody: an object, or a text, which becomes `{"object": TEXT}`. Resolves when it is safe. */
  say(activity: Activity | string, options?: Cancellable): Promise<Receipt>;

  /** As `say`, but resolves as soon as there is room for the message among those under way. `safe` has the receipt. */
  post(activity: Activity | string, options?: Cancellable): Promise<{ cseq: number; safe: Promise<Receipt> }>;

  /** Resolves when everything that was said is safe. */
  flush(): Promise<void>;

  /**
   * What is said and what happens, in order, to one reader at a time. Ends when the client is closed; throws why it failed.
   *
   * While more than `queue` events wait, the client reads nothing from its server, receipts included; a WebSocket, which can't wait, is
   * closed after eight times as many. A client that is behind resumes when the program has caught up. Before this is used for the first
   * time nothing waits: the newest `queue` events are kept, and `Skipped` says how many are not.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Event>;

  /** Logs out. Messages that are not known to be safe are rejected with `closed`. */
  close(): Promise<void>;
}

/** The state machine inside a client, without sockets and clock, for tests. Not a stable interface. */
export class Session {
  constructor(options: any);
  [member: string]: any;
}
