import DequeModule
import Tree
import Wire

/// How many connections a node has descriptors for.
///
/// ```
///   0                                clients     tight           streams    descriptors
///   ├────────────── clients ───────────┼───────────┼───────────────┼──────────┤
///                                      │  links, tools, newcomers  │  spare: files, sockets on the way
/// ```
/// libuv closes everybody who waits when the last descriptor is gone, and tells nobody; so this stays well below it.
public struct DescriptorBudget: Sendable {
    /// Clients that there may be: what is left of the descriptors for them.
    public let clients: Int
    /// From so many connections on, newcomers are looked at.
    public let tight: Int
    /// So many connections there may be in all.
    public let streams: Int

    /// - Parameters:
    ///   - descriptors: that this process may have.
    ///   - inUse: those that it has, before the first connection.
    ///   - children: nodes that may link up, each with a connection.
    public init(descriptors: Int, inUse: Int, children: Int) {
        let free = max(4, descriptors - inUse)
        // Where there are few descriptors at all, half of them are for clients still.
        let reserve = min(Settings.descriptorReserve + children, free / 2)
        clients = free - reserve
        tight = clients + reserve / 2
        streams = free - reserve / 4
    }
}

/// Who may come in while connections run out.
///
/// What a newcomer is shows itself with its first line: the node lets no client in beyond their limit, and links and
/// tools always. Until then a newcomer holds a descriptor of the reserve, so there may only be few of them: past that
/// the one that has been silent for the longest goes. A link says its name at once.
struct ConnectionAdmission {
    /// What those are told who find no room.
    ///
    /// - Parameter servers: where there is room.
    static func refusal(servers: [Address]) -> [UInt8] {
        Encoding.line(
            of: .unavailable(info: "this server is full: try again later, or another one", servers: servers))
    }

    private let budget: DescriptorBudget
    /// Who came when it was tight, the first one first.
    private var newcomers: Deque<ConnectionID> = []
    private var lastNotice: UInt64?
    /// Newcomers that were told so here.
    var refused: UInt64 = 0

    init(_ budget: DescriptorBudget) {
        self.budget = budget
    }

    private var newcomersLimit: Int { max(1, (budget.streams - budget.tight) / 2) }

    func isTight(among open: Int) -> Bool { open > budget.tight }

    /// No more than half of the descriptors for clients are in use.
    func isPlentiful(among open: Int) -> Bool { open <= budget.clients / 2 }

    func hasRoom(among open: Int) -> Bool { open <= budget.streams }

    /// Whether one that is turned away may keep its descriptor until it has read why.
    func canLinger(among open: Int) -> Bool { open <= budget.streams + (budget.streams - budget.tight) / 4 }

    /// Notices a newcomer.
    ///
    /// - Returns: the connection that has to go instead, if one has.
    mutating func entered(_ id: ConnectionID, among open: Int, _ connections: ConnectionTable) -> Connection? {
        guard isTight(among: open) else { return nil }
        newcomers.append(id)
        newcomers.removeAll { connections[$0]?.hasSpoken ?? true }
        guard newcomers.count > newcomersLimit, let oldest = newcomers.popFirst() else { return nil }
        return connections[oldest]
    }

    /// True at most every ten seconds: a storm of newcomers is one line in the log.
    mutating func isNoticeDue(at now: UInt64) -> Bool {
        if let lastNotice, now - lastNotice < 10_000_000_000 { return false }
        lastNotice = now
        return true
    }
}
