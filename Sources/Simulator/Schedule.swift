import Tree

/// A whole history, written down before it happens: what the world is like, and what is done to it when.
///
/// A run is a function of its schedule alone. A seed draws a schedule; a schedule found worth keeping outlives the
/// seed.
public struct Schedule: Equatable, Sendable {
    public var setting = Setting()
    /// Ascending by time.
    public var steps: [Step] = []

    public init() {}

    public struct Step: Equatable, Sendable {
        public var atMilliseconds: Int
        public var action: Action

        public init(atMilliseconds: Int, _ action: Action) {
            self.atMilliseconds = atMilliseconds
            self.action = action
        }
    }

    /// When the last step happens, in milliseconds.
    public var lengthMilliseconds: Int { steps.last?.atMilliseconds ?? 0 }

    public var hostCount: Int { 1 + (steps.map { $0.action.highestHost }.max() ?? 0) }
}

/// What is done to a simulated world. Hosts and clients are named by their numbers; a step that makes no sense when its
/// time comes (a dead host is killed, an absent client speaks) does nothing, so that any step can be left out.
public enum Action: Equatable, Sendable {
    /// The host's process starts for the first time.
    case start(host: Int, under: Int?)
    /// The host's process starts for the first time, with a copy of what another host has written down: its id above
    /// all.
    case copy(host: Int, of: Int, under: Int?)
    /// It starts again after its end, with or without what it had written down: its id and the nodes it knew.
    case restart(host: Int, remembering: Bool)
    /// The process ends without a word; its machine tells the others that the connections are gone.
    case kill(host: Int)
    /// The machine is gone with all that is on it: nobody is told anything.
    case vanish(host: Int)
    /// The process stands still (SIGSTOP) until it is told to go on.
    case freeze(host: Int)
    case thaw(host: Int)
    /// The operator ends the node in order.
    case leave(host: Int)
    /// Nothing gets through from some hosts to some others, until the cut with this number is mended.
    case cut(Int, from: [Int], to: [Int])
    case mend(Int)
    /// Every packet from a host takes so much longer than the one before it; 0 ends it.
    case slow(host: Int, microseconds: Int)
    case clockDown
    case clockUp
    /// The clock server is killed and started again; meanwhile its machine's time was set back.
    case clockRestart(setBackMilliseconds: Int)
    /// The host's wall clock jumps.
    case jump(host: Int, milliseconds: Int)
    /// Every connection of a host breaks at once.
    case disconnect(host: Int)
    /// A connection between two hosts breaks.
    case flap(Int, Int)
    /// The next packet from one host to another is spoilt on its way.
    case spoil(from: Int, to: Int)
    /// Nothing can be written to the host's disk, until it works again.
    case diskFails(host: Int)
    case diskWorks(host: Int)
    /// The account with the name of this number is removed, or gets its secret anew, at a host.
    case remove(name: Int, host: Int)
    case reset(name: Int, host: Int)
    /// A client that has a name changes its secret, at a host.
    case changeSecret(client: Int, host: Int)
    /// A client comes, to a host of its choice.
    case arrive(client: Int, host: Int)
    case depart(client: Int)
    /// A client's connection breaks, and it goes on at another host.
    case move(client: Int, host: Int)
    /// A client doesn't read any longer what it is sent, until it is roused.
    case doze(client: Int)
    case rouse(client: Int)
    case say(client: Int, answering: Bool)
    /// The faults are over. The hosts named are well from now on; all others are dead for good.
    case settle(hosts: [Int], silently: Bool)

    var highestHost: Int {
        switch self {
        case .start(let host, let parent): max(host, parent ?? 0)
        case .copy(let host, let other, let parent): max(host, other, parent ?? 0)
        case .cut(_, let from, let to): (from + to).max() ?? 0
        case .flap(let a, let b), .spoil(let a, let b): max(a, b)
        case .settle(let hosts, _): hosts.max() ?? 0
        case .arrive(_, let host), .move(_, let host), .changeSecret(_, let host): host
        case .remove(_, let host), .reset(_, let host): host
        default: host ?? 0
        }
    }

    /// The one host that this is done to.
    var host: Int? {
        switch self {
        case .start(let host, _), .copy(let host, _, _), .restart(let host, _), .kill(let host), .vanish(let host),
            .freeze(let host),
            .thaw(let host), .leave(let host), .slow(let host, _), .jump(let host, _), .disconnect(let host),
            .diskFails(let host), .diskWorks(let host):
            host
        default: nil
        }
    }

    /// The one client that this is done to.
    var client: Int? {
        switch self {
        case .arrive(let client, _), .depart(let client), .move(let client, _), .say(let client, _),
            .doze(let client), .rouse(let client), .changeSecret(let client, _):
            client
        default: nil
        }
    }
}

/// What a simulated world is like, from its start on.
public struct Setting: Equatable, Sendable {
    /// Draws what the schedule leaves open: delays, ids, who answers whom.
    public var seed: UInt64 = 1
    /// k.
    public var replicas = 1
    /// Children that a node takes.
    public var children = 64
    /// How long a packet between two hosts is on its way, in microseconds.
    public var latency: ClosedRange<Int> = 50...500
    /// The first so many hosts are seeds of everybody.
    public var seeds = 2
    public var redirects = false
    public var asksClock = true
    public var order = Configuration.Order.causal
    /// How long a packet between a host and the clock server is on its way, in microseconds.
    public var clockLatency: ClosedRange<Int> = 50...1000
    /// Packets under way and unread on a connection at which its sender is told to wait.
    public var congestionPackets = 1000
    /// Bytes that go to one link in one turn.
    public var linkBurstBytes = 256 * 1024
    /// Bytes of entries that aren't safe at which clients are no longer read from.
    public var queueBytes = 4 * 1024 * 1024
    /// Bytes and seconds for which entries are kept that everybody holds, and seconds for those that somebody lacks.
    public var retentionBytes = 256 * 1024 * 1024
    public var retentionSeconds = 600
    public var retentionCapSeconds = 24 * 3600
    /// Messages read from one connection in one turn.
    public var readBurst = 64
    /// Of a thousand turns so many look at the timers before they read.
    public var timersFirstPerMille = 100
    /// How late a timer may be, in microseconds.
    public var lateness = 1000
    /// After so long a node gives up a connection that doesn't stand.
    public var connectTimeoutMilliseconds = 1000
    /// What every client is like, by number; further ones are like the first.
    public var clients: [ClientKind] = [.numbering]
    /// Of a thousand hosts so many keep no accounts.
    public var disklessPerMille = 0
    /// Bytes that make every message longer.
    public var padding = 0
    /// How the nodes misbehave on purpose.
    public var quirks: [Quirk] = []
    /// Every host is configured for itself, where nodes may differ: see `HostSetting`.
    public var isMixed = false

    public init() {}

    func kind(of client: Int) -> ClientKind { client < clients.count ? clients[client] : clients[0] }
}

/// What a client understands, and who it says it is.
public enum ClientKind: Equatable, Sendable {
    /// Speaks the base protocol, anonymously: it doesn't number what it says, and begins anew wherever it logs in.
    case base
    /// Anonymous, numbers what it says, and resumes.
    case numbering
    /// Registers the name with this number, and then logs in under it.
    case named(Int)
}
