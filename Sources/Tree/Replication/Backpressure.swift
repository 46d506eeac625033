import DequeModule

/// Decides how many more bytes clients may send to this node, by how fast their entries reach all nodes.
///
/// The entries that this node accepts are one flow through the whole tree. Its window (`FlowWindow`) is as large as
/// what the slowest link on the way takes within the target. While so much is under way, clients aren't read from; as
/// entries arrive, clients are read from again, in portions. Each node does so for itself, and nodes that share a slow
/// link share its rate.
///
/// ```
///   clients ──▶ [ room ]──▶ accepted here ──▶ … every link … ──▶ carried: all nodes have it
///                  ^────────────── window ────────────────────────^
/// ```
/// The window never closes for good: some bytes are always let through, so that a link which has lost its speed, or
/// catches up, makes clients slow and not silent. If nothing moves at all on a link, the node behind it has stopped.
/// Until that link is lost, clients aren't held back for it: they go on as before, up to a reserve.
struct Backpressure {
    /// Why clients are held back.
    enum Cause: Equatable {
        /// This link, or one behind it, takes entries more slowly than they come.
        case link(ConnectionID)
        /// The queue is full: entries accepted here wait for copies or stamps.
        case queue
    }

    private var window: FlowWindow
    private let rules: Rules
    private var marks: Deque<(position: LogPosition, departure: FlowWindow.Departure)> = []
    private var unmarkedBytes = 0
    /// How many bytes clients may still send before the end of the next turn. Negative if they sent more: then the next
    /// turns make up for it.
    private(set) var room = Int.max
    /// Whether more is under way than the window allows. Then `room` is what has been let through since.
    private var isOver = false
    private var lastTurn: Instant?
    private var lastProgress = Instant(nanoseconds: 0)
    /// The average size of the last messages, in bytes.
    private var meanBytes = 256
    /// Whether the queue was full, and is not half empty yet.
    private(set) var queueIsFull = false
    private(set) var waiting: Waiting

    /// Limits that are taken or computed from `Limits`.
    struct Rules {
        let markBytes: Int
        let stall: Duration
        let stallBytesPerSecond: UInt64
        /// Bytes beyond the window that clients may send while a link doesn't move.
        let reserveBytes: UInt64
        let hardBytes: UInt64
    }

    init(_ limits: Limits) {
        window = FlowWindow(
            target: limits.flowDelay, leastBytes: limits.flowLeastBytes, firstBytes: limits.flowFirstBytes)
        let kept = UInt64(max(limits.retentionBytes, 0))
        rules = Rules(
            markBytes: limits.flowMarkBytes, stall: limits.flowStall,
            stallBytesPerSecond: UInt64(Limits.flowStallBytesPerSecond), reserveBytes: max(kept / 64, 1024),
            hardBytes: max(kept / 4, 4096))
        waiting = Waiting(noticeAfter: limits.waitNotice, overAfter: limits.waitOver)
    }

    /// Whether clients aren't read from until entries have reached all nodes.
    var isClosed: Bool { room <= 0 }

    /// Bytes accepted here that not all nodes have.
    var underWay: UInt64 { window.underWay + UInt64(unmarkedBytes) }

    // MARK: Accepting

    /// An entry was accepted here.
    ///
    /// - Parameter end: the position after it.
    mutating func accepted(bytes: Int, until end: LogPosition, at now: Instant) {
        meanBytes += (bytes - meanBytes) / 8
        if room != .max { room -= bytes }
        unmarkedBytes += bytes
        if unmarkedBytes >= rules.markBytes { mark(end, at: now) }
    }

    private mutating func mark(_ end: LogPosition, at now: Instant) {
        guard unmarkedBytes > 0 else { return }
        marks.append((end, window.departs(UInt64(unmarkedBytes), at: now)))
        unmarkedBytes = 0
    }

    /// How many clients may be read from again, so that together they send about as much as there is room for.
    ///
    /// - Parameter unstamped: bytes of messages that still wait for a stamp.
    func clientsToRelease(unstamped: Int) -> Int {
        guard room != .max else { return .max }
        return room <= unstamped ? 0 : max(1, (room - unstamped) / max(meanBytes, 1))
    }

    // MARK: Turns

    /// A turn ends.
    ///
    /// - Parameters:
    ///   - end: the end of the log.
    ///   - frontier: all nodes have the entries before this position; nil if there is no node to wait for.
    mutating func turnEnds(_ end: LogPosition, carriedUpTo frontier: LogPosition?, at now: Instant) {
        mark(end, at: now)
        let before = window.arrived
        while let first = marks.first, frontier.map({ first.position <= $0 }) ?? true {
            window.arrives(first.departure, at: now)
            marks.removeFirst()
        }
        if window.arrived > before || window.underWay == 0 { lastProgress = now }
        let span = min(now.nanoseconds - (lastTurn ?? now).nanoseconds, 100_000_000)
        lastTurn = now
        guard frontier != nil else {
            isOver = false
            room = .max
            return
        }
        let size = min(window.bytes, rules.hardBytes)
        if window.underWay < size {
            isOver = false
            room = Int(size - window.underWay)
        } else {
            if !isOver { room = 0 }
            isOver = true
            trickle(beyond: size, span, at: now)
        }
    }

    private mutating func trickle(beyond size: UInt64, _ nanoseconds: UInt64, at now: Instant) {
        guard window.underWay < rules.hardBytes else { return room = 0 }
        var rate = window.rate / 16
        let excess = window.underWay - size
        if now - lastProgress >= rules.stall, excess < rules.reserveBytes {
            let whole = max(window.rate, rules.stallBytesPerSecond)
            rate = max(rate, whole / 16 * (16 - min(15, excess * 16 / rules.reserveBytes)))
        }
        room = min(room + Int(min(rate, 1 << 32) * nanoseconds / 1_000_000_000), Self.mostTrickled)
    }

    /// How many bytes are let through in one turn at most while the window is closed.
    private static let mostTrickled = 64 * 1024

    /// - Parameters:
    ///   - bytes: the size of the queue.
    ///   - limit: the size from which it is full. It counts as full until half of it is free.
    mutating func judge(queue bytes: Int, limit: Int) { queueIsFull = bytes > (queueIsFull ? limit / 2 : limit) }

    mutating func note(isHolding: Bool, for cause: Cause?, at now: Instant) -> Waiting.Change? {
        waiting.note(isHolding: isHolding, for: cause, at: now)
    }

    mutating func tells(_ connection: ConnectionID) -> Bool { waiting.tells(connection) }

    mutating func takeTold() -> [ConnectionID] { waiting.takeTold() }
}

// A node that gets more from its clients than it can send on slows them down, so that nothing is dropped
// (docs/protocol.md#holding-back).
//
// An entry is carried when every node has stored it. Each node tells on each link how many of the entries received
// there all other nodes on its side have (`carried` in `ACKNOWLEDGE`), so that the node that accepted an entry learns
// when it is carried. Links are always read from, and only clients are held back: entries become safe as fast as ever.

extension Node {
    /// Bytes of this node's own entries that wait: for a stamp, for copies or, in total order, for delivery.
    var queuedBytes: Int { max(replication.queue.bytes, ordering.undelivered.bytes) + ordering.unstamped.bytes }

    var isQueueFull: Bool { queuedBytes > limits.queueBytes }

    /// Whether clients wait for a link. They don't while it is being synchronised: the other side may lack everything
    /// that was ever said. Nor do they for a child that may be left behind.
    func isWaitedFor(_ link: Link) -> Bool {
        link.isNode && link.sending.hasSentAll && !(configuration.lagPolicy == .gap && link.role == .child)
    }

    /// At the end of a turn, after links have been fed: measures which entries all nodes have, and how much more
    /// clients may send.
    func measureFlow() {
        var least: (link: Link, frontier: LogPosition)?
        // The frontier of all links except the one that is furthest behind.
        var second: LogPosition?
        for link in links where link.isNode {
            link.transit.mark(link.sending.cursor, at: now.instant)
            guard isWaitedFor(link) else { continue }
            let frontier = link.transit.frontier(link.sending.cursor)
            if let known = least, known.frontier <= frontier {
                second = min(second ?? frontier, frontier)
            } else {
                second = least?.frontier
                least = (link, frontier)
            }
        }
        for link in links where link.isNode {
            let others = link === least?.link ? second : least?.frontier
            link.transit.received(
                link.progress.receivedCount, until: log.stored, carriedUpTo: others ?? log.stored)
        }
        backpressure.turnEnds(log.stored, carriedUpTo: least?.frontier, at: now.instant)
        noteWaiting(for: least?.link)
    }

    /// A client has said something: holds it back if the queue or the window is full.
    func holdBack(_ connection: ConnectionID) {
        guard isQueueFull || isHeldUp else { return }
        stopReading(connection, for: .backpressure)
        tellHeld(connection)
    }

    /// Reads from held clients again, as many as there is room for.
    func relieveBackpressure() {
        backpressure.judge(queue: queuedBytes, limit: limits.queueBytes)
        guard admission.gate.holdsBack else { return }
        if !backpressure.queueIsFull {
            let count = backpressure.clientsToRelease(unstamped: ordering.unstamped.bytes)
            for effect in admission.gate.hasRoom(for: count) { emit(effect) }
        }
        // The released clients may have nothing to say: then others are released after a pause.
        if admission.gate.holdsBack { timers.set(.flow, noLaterThan: now.instant + limits.flowPause) }
    }

    func setCongested(_ isCongested: Bool, _ connection: ConnectionID) {
        links[connection]?.sending.becomesCongested(isCongested)
        guard sessions.contains(connection) else { return }
        mind(congestion: isCongested, of: connection)
        // A client that doesn't read its answers must not ask for more of them.
        if isCongested {
            stopReading(connection, for: .congested)
        } else {
            readAgain(connection, after: .congested)
        }
    }
}
