import DequeModule
import Tree
import Wire

/// How many connections a node has descriptors for.
///
/// ```
///   0                                clients     tight           streams    descriptors
///   ├────────────── clients ───────────┼───────────┼───────────────┼──────────┤
///                                      │  links, tools, newcomers  │  spare: files, sockets on the way
/// When the last descriptor is used, libuv closes all waiting connections and reports nothing; so the budget stays well
/// below.
public struct DescriptorBudget: Sendable {
    /// How many descriptors the process may have.
    public let descriptors: Int
    /// How many clients there may be: the descriptors that are left for them.
    public let clients: Int
    /// From this many connections on, newcomers are watched.
    public let tight: Int
    /// How many connections there may be in all.
    public let streams: Int

    /// - Parameters:
    ///   - descriptors: how many this process may have.
    ///   - inUse: how many it has before the first connection.
    ///   - children: how many nodes may attach, each with a connection.
    public init(descriptors: Int, inUse: Int, children: Int) {
        self.descriptors = descriptors
        let free = max(4, descriptors - inUse)
        // If there are few descriptors at all, half of them are still for clients.
        let reserve = min(Settings.descriptorReserve + children, free / 2)
        clients = free - reserve
        tight = clients + reserve / 2
        streams = free - reserve / 4
    }
}

/// Decides which connections are accepted while descriptors run out.
///
/// A newcomer shows with its first line what it is: then the node refuses clients beyond their limit, and always takes
/// links and tools. Until then a newcomer holds a descriptor of the reserve, so there may only be few of them: above
/// that the one that has been silent for longest is closed. A link authenticates at once.
struct ConnectionAdmission {
    /// The line that a refused newcomer is sent.
    ///
    /// - Parameter servers: nodes with room.
    static func refusal(servers: [Address]) -> [UInt8] {
        Encoding.line(
            of: .unavailable(info: "this server is full: try again later, or another one", servers: servers))
    }

    private let budget: DescriptorBudget
    /// Connections that came while descriptors were scarce, the oldest first.
    private var newcomers: Deque<ConnectionID> = []
    private var lastNotice: UInt64?
    /// How many newcomers were refused here.
    var refused: UInt64 = 0

    init(_ budget: DescriptorBudget) {
        self.budget = budget
    }

    private var newcomersLimit: Int { max(1, (budget.streams - budget.tight) / 2) }

    func isTight(among open: Int) -> Bool { open > budget.tight }

    /// Whether no more than half of the descriptors for clients are in use.
    func isPlentiful(among open: Int) -> Bool { open <= budget.clients / 2 }

    func hasRoom(among open: Int) -> Bool { open <= budget.streams }

    /// Whether a refused newcomer may keep its descriptor until it has read why.
    func canLinger(among open: Int) -> Bool { open <= budget.streams + (budget.streams - budget.tight) / 4 }

    /// Notes a newcomer.
    ///
    /// - Returns: the connection that has to be closed for it; nil for none.
    mutating func entered(_ id: ConnectionID, among open: Int, _ connections: ConnectionTable) -> Connection? {
        guard isTight(among: open) else { return nil }
        newcomers.append(id)
        newcomers.removeAll { connections[$0]?.hasSpoken ?? true }
        guard newcomers.count > newcomersLimit, let oldest = newcomers.popFirst() else { return nil }
        return connections[oldest]
    }

    /// True at most every ten seconds, so that a storm of newcomers is one line in the log.
    mutating func isNoticeDue(at now: UInt64) -> Bool {
        if let lastNotice, now - lastNotice < 10_000_000_000 { return false }
        lastNotice = now
        return true
    }
}
