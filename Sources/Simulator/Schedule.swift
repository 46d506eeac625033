import Tree

/// A whole history, written down before it happens: the world's settings, and the actions with their times.
///
/// A run depends on its schedule alone. A seed draws a schedule. A schedule that is kept stays valid when seeds draw
/// other ones.
public struct Schedule: Equatable, Sendable {
    public var setting = Setting()
    /// The steps, ascending by time.
    public var steps: [Step] = []

    public init() {}

    /// An action and its time, in milliseconds since the start.
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

/// Something that is done to a simulated world. Hosts and clients are named by their numbers. A step that makes no
/// sense when its time comes does nothing (a dead host is killed, an absent client speaks), so any step can be left
/// out.
public enum Action: Equatable, Sendable {
    /// The host's process starts for the first time.
    case start(host: Int, under: Int?)
    /// The host's process starts for the first time, with a copy of another host's data directory, its node id
    /// included.
    case copy(host: Int, of: Int, under: Int?)
    /// The process starts again after its end, with or without its data directory: its id and the nodes it knew.
    case restart(host: Int, remembering: Bool)
    /// The process ends without a word. Its machine closes the connections.
    case kill(host: Int)
    /// The machine vanishes with everything on it. No other host is told.
    case vanish(host: Int)
    /// The process is stopped (SIGSTOP) until `thaw`.
    case freeze(host: Int)
    case thaw(host: Int)
    /// The operator makes the node leave in order.
    case leave(host: Int)
    /// No packet gets from some hosts to some others until the cut with this number is mended.
    case cut(Int, from: [Int], to: [Int])
    /// No new connection is made from some hosts to some others, until this is mended. Old ones stand.
    case bar(Int, from: [Int], to: [Int])
    case mend(Int)
    /// Each packet from a host takes this much longer than the one before it; 0 ends that.
    case slow(host: Int, microseconds: Int)
    case clockDown
    case clockUp
    /// The clock server is killed and started again. Meanwhile its machine's time was set back.
    case clockRestart(setBackMilliseconds: Int)
    /// The host's wall clock jumps.
    case jump(host: Int, milliseconds: Int)
    /// Every connection of a host breaks at once.
    case disconnect(host: Int)
    /// A connection between two hosts breaks.
    case flap(Int, Int)
    /// The next packet from one host to another is spoilt on its way.
    case spoil(from: Int, to: Int)
    /// A node that lies in this way calls a host, and comes again whenever its link ends.
    case lie(host: Int, Lie)
    /// The operator gives the host these secrets of the network, by their numbers, also if its process is down: the
    /// first is shown to others, and each is taken.
    case secrets(host: Int, [Int])
    /// Nothing can be written to the host's disk until `diskWorks`.
    case diskFails(host: Int)
    case diskWorks(host: Int)
    /// The account with this name's number is removed, or below it gets its present secret anew, at a host.
    case remove(name: Int, host: Int)
    case reset(name: Int, host: Int)
    /// The name with this number is banned for so many seconds, at a host; for good with 0. Or its ban is lifted.
    case ban(name: Int, host: Int, seconds: Int)
    case unban(name: Int, host: Int)
    /// A client with a name changes its secret, at a host.
    case changeSecret(client: Int, host: Int)
    /// A client comes and calls this host.
    case arrive(client: Int, host: Int)
    case depart(client: Int)
    /// A client's connection breaks, and the client calls another host.
    case move(client: Int, host: Int)
    /// A client reads nothing until `rouse`.
    case doze(client: Int)
    case rouse(client: Int)
    case say(client: Int, answering: Bool)
    /// The faults are over. The named hosts are well from now on; all others are dead for good.
    case settle(hosts: [Int], silently: Bool)

    var highestHost: Int {
        switch self {
        case .start(let host, let parent): max(host, parent ?? 0)
        case .copy(let host, let other, let parent): max(host, other, parent ?? 0)
        case .cut(_, let from, let to), .bar(_, let from, let to): (from + to).max() ?? 0
        case .flap(let a, let b), .spoil(let a, let b): max(a, b)
        case .settle(let hosts, _): hosts.max() ?? 0
        case .arrive(_, let host), .move(_, let host), .changeSecret(_, let host): host
        case .remove(_, let host), .reset(_, let host), .ban(_, let host, _), .unban(_, let host): host
        default: host ?? 0
        }
    }

    /// The host that this action concerns, if it concerns one.
    var host: Int? {
        switch self {
        case .start(let host, _), .copy(let host, _, _), .restart(let host, _), .kill(let host), .vanish(let host),
            .freeze(let host),
            .thaw(let host), .leave(let host), .slow(let host, _), .jump(let host, _), .disconnect(let host),
            .diskFails(let host), .diskWorks(let host), .lie(let host, _), .secrets(let host, _):
            host
        default: nil
        }
    }

    /// The client that this action concerns, if it concerns one.
    var client: Int? {
        switch self {
        case .arrive(let client, _), .depart(let client), .move(let client, _), .say(let client, _),
            .doze(let client), .rouse(let client), .changeSecret(let client, _):
            client
        default: nil
        }
    }
}

/// The settings of a simulated world.
public struct Setting: Equatable, Sendable {
    /// The seed of everything that the schedule doesn't say: delays, ids, which message answers which.
    public var seed: UInt64 = 1
    /// How many copies of an entry a node waits for, besides its own (k).
    public var replicas = 1
    /// How many children a node takes.
    public var children = 64
    /// How long a packet between two hosts travels, in microseconds.
    public var latency: ClosedRange<Int> = 50...500
    /// How many hosts, from the first on, are every node's seeds.
    public var seeds = 2
    public var redirects = false
    /// How many clients each host takes, from the first on; those without a number take all.
    public var capacities: [Int] = []
    public var asksClock = true
    public var order = Configuration.Order.causal
    /// How long a packet between a host and the clock server travels, in microseconds.
    public var clockLatency: ClosedRange<Int> = 50...1000
    /// How many packets may be under way and unread on a connection before its sender is told to wait.
    public var congestionPackets = 1000
    /// How many bytes may go to one link in one turn.
    public var linkBurstBytes = 256 * 1024
    /// At how many bytes of unsafe entries a node stops reading from clients.
    public var queueBytes = 4 * 1024 * 1024
    /// For how many bytes and seconds entries are kept that every node holds; below it, for how many seconds those that
    /// some node lacks.
    public var retentionBytes = 256 * 1024 * 1024
    public var retentionSeconds = 600
    public var retentionCapSeconds = 24 * 3600
    /// How many messages are read from one connection in one turn.
    public var readBurst = 64
    /// In how many of a thousand turns the timers come before reading.
    public var timersFirstPerMille = 100
    /// How late a timer may be, in microseconds.
    public var lateness = 1000
    /// After how long a node gives up a connection that isn't made.
    public var connectTimeoutMilliseconds = 1000
    /// The kind of each client, by number. Clients beyond the list are of the first kind.
    public var clients: [ClientKind] = [.numbering]
    /// How many of a thousand hosts keep no accounts on disk.
    public var disklessPerMille = 0
    /// By how many bytes every message is made longer.
    public var padding = 0
    /// How nodes misbehave on purpose.
    public var quirks: [Quirk] = []
    /// Whether every host has a configuration of its own, where nodes may differ: see `HostSetting`.
    public var isMixed = false

    public init() {}

    func kind(of client: Int) -> ClientKind { client < clients.count ? clients[client] : clients[0] }
}

/// The protocol that a client understands, and its name.
public enum ClientKind: Equatable, Sendable {
    /// Speaks the base protocol, anonymously. It doesn't number its messages, and begins anew at each login.
    case base
    /// Is anonymous, numbers its messages, and resumes.
    case numbering
    /// Registers the name with this number, and then logs in under it.
    case named(Int)
}
