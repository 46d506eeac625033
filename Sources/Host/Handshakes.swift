import DequeModule
import Tree
import UV

/// TLS handshakes: how many at a time, and how much of a turn they take.
///
/// A client's first message costs a signature and a key exchange, some hundred microseconds, and whoever sends it pays
/// next to nothing. So handshakes begin at the end of a turn, the one that has waited for longest first, for a slice of
/// time; the others wait for the next turn, and links, answers and messages come in between. While a client talks that
/// isn't loud, they get a part of the time only, by a token bucket whose tokens are nanoseconds. A handshake that goes
/// on holds some ten kilobytes: past the limit the oldest one goes. Whoever shakes hands counts as a stranger, who has
/// so long to say something valid (docs/protocol.md#limits).
struct Handshakes {
    private let limit: Int
    /// Those that begin at the end of this turn or later.
    private var waiting: Deque<ConnectionID> = []
    /// Those that have begun, the oldest first; those that are through or gone are skipped.
    private var order: Deque<(connection: ConnectionID, since: UInt64)> = []
    private var underWay: Set<ConnectionID> = []
    /// How many clients got through since the start.
    private(set) var completed: UInt64 = 0
    /// How many didn't.
    private(set) var failed: UInt64 = 0
    /// How many had to go for others.
    private(set) var crowdedOut: UInt64 = 0

    private let sharing: Settings.Sharing
    /// What they may cost now while they share the time, in nanoseconds; below 0, they wait.
    private var tokens: Double
    private var refilledAt: UInt64 = 0

    init(limit: Int, sharing: Settings.Sharing = Settings.Sharing()) {
        self.limit = limit
        self.sharing = sharing
        tokens = sharing.mostHandshakeTime
    }

    var hasWork: Bool { !waiting.isEmpty }

    /// For how long handshakes may begin now, in nanoseconds, if the time is shared; 0 if they have to wait.
    ///
    /// - Parameter now: in nanoseconds of the monotonic clock.
    mutating func sharedTime(at now: UInt64) -> UInt64 {
        tokens = min(sharing.mostHandshakeTime, tokens + Double(now - refilledAt) * sharing.handshakes)
        refilledAt = now
        return UInt64(max(0, tokens))
    }

    /// Handshakes have begun for so long, in nanoseconds.
    mutating func spent(_ time: UInt64) { tokens -= Double(time) }

    /// How many are remembered, with those that are skipped.
    var remembered: Int { order.count }

    /// Somebody's first bytes are TLS.
    mutating func enqueue(_ connection: ConnectionID) {
        waiting.append(connection)
    }

    /// The next one to begin.
    mutating func next() -> ConnectionID? { waiting.popFirst() }

    /// A handshake begins.
    ///
    /// - Parameter now: in nanoseconds of the monotonic clock.
    /// - Returns: the one that has to go for it, if one has.
    mutating func began(_ connection: ConnectionID, at now: UInt64) -> ConnectionID? {
        order.append((connection, now))
        underWay.insert(connection)
        guard underWay.count > limit else { return nil }
        while let (oldest, _) = order.popFirst() {
            guard underWay.remove(oldest) != nil else { continue }
            crowdedOut += 1
            return oldest
        }
        return nil
    }

    /// Those that began before a moment and aren't through.
    func late(since moment: UInt64) -> [ConnectionID] {
        order.prefix { $0.since < moment }.map(\.connection).filter { underWay.contains($0) }
    }

    /// The other side has shown that it can read what was encrypted for it.
    ///
    /// - Parameter isClient: false if it has proved the network's secret: nodes and tools aren't counted.
    mutating func succeeded(_ connection: ConnectionID, isClient: Bool = true) {
        if remove(connection), isClient { completed += 1 }
    }

    /// A connection is gone: if its handshake wasn't through, it has failed.
    mutating func ended(_ connection: ConnectionID) {
        if remove(connection) { failed += 1 }
    }

    private mutating func remove(_ connection: ConnectionID) -> Bool {
        guard !underWay.isEmpty, underWay.remove(connection) != nil else { return false }
        if underWay.isEmpty {
            order.removeAll()
        } else if order.count > 2 * underWay.count + 64 {
            order.removeAll { !underWay.contains($0.connection) }
        }
        return true
    }
}
