import DequeModule

/// Decides how much more clients may say here, by how fast what they say reaches everybody.
///
/// What this node has accepted itself is one flow through the whole tree. Its window (`FlowWindow`) is as large as what
/// the slowest link on the way takes within the target; once so much is under way, clients aren't read from, and as it
/// arrives they are, in portions. Each node does so for itself, and those that share a slow link share what it takes.
///
/// ```
///   clients ──▶ [ room ]──▶ accepted here ──▶ … every link … ──▶ carried: everybody has it
///                  ^────────────── window ────────────────────────^
/// ```
/// It never closes for good: a trickle goes on, so that a link which has lost its speed, or catches up, makes clients
/// slow and not silent. A link on which nothing moves at all is a node that stands still, and isn't waited for until it
/// is lost: up to a reserve clients go on as before.
struct Backpressure {
    /// What a client is held for.
    enum Cause: Equatable {
        /// This link, or one behind it, takes less than comes.
        case link(ConnectionID)
        /// Entries accepted here wait for their copies or their stamps: the queue is full.
        case queue
    }

    private var window: FlowWindow
    private let rules: Rules
    private var marks: Deque<(position: LogPosition, departure: FlowWindow.Departure)> = []
    private var unmarkedBytes = 0
    /// Bytes that clients may still say before the next end of a turn. Negative where one said more: it is made up for.
    private(set) var room = Int.max
    /// More is under way than the window holds; `room` is what has trickled since.
    private var isOver = false
    private var lastTurn: Instant?
    private var lastProgress = Instant(nanoseconds: 0)
    /// Bytes of a message, on the average of the last ones.
    private var meanBytes = 256
    /// The queue was full, and is not yet half empty.
    private(set) var queueIsFull = false
    private(set) var waiting: Waiting

    /// The limits that it goes by: see `Limits`.
    struct Rules {
        let markBytes: Int
        let stall: Duration
        let stallBytesPerSecond: UInt64
        /// Bytes under way beyond which nothing trickles.
        let reserveBytes: UInt64
        let hardBytes: UInt64
    }

    init(_ limits: Limits) {
        window = FlowWindow(
            target: limits.flowDelay, leastBytes: limits.flowLeastBytes, firstBytes: limits.flowFirstBytes)
        let kept = UInt64(max(limits.retentionBytes, 0))
        rules = Rules(
            markBytes: limits.flowMarkBytes, stall: limits.flowStall,
            stallBytesPerSecond: UInt64(limits.flowStallBytesPerSecond), reserveBytes: max(kept / 64, 1024),
            hardBytes: max(kept / 4, 4096))
        waiting = Waiting(noticeAfter: limits.waitNotice, overAfter: limits.waitOver)
    }

    /// Clients aren't read from until something has reached everybody.
    var isClosed: Bool { room <= 0 }

    /// Bytes accepted here that not everybody has.
    var underWay: UInt64 { window.underWay + UInt64(unmarkedBytes) }

    // MARK: Accepting

    /// An entry was accepted here.
    ///
    /// - Parameter end: behind it.
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

    /// How many clients may be read from again, so that together they say about as much as there is room for.
    ///
    /// - Parameter unstamped: bytes that have been said and aren't entries yet.
    func clientsToRelease(unstamped: Int) -> Int {
        guard room != .max else { return .max }
        return room <= unstamped ? 0 : max(1, (room - unstamped) / max(meanBytes, 1))
    }

    // MARK: Turns

    /// At the end of a turn.
    ///
    /// - Parameters:
    ///   - end: of the log.
    ///   - frontier: everybody has what stands before this; nil if there is nobody to wait for.
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

    /// Bytes that trickle in one turn at most.
    private static let mostTrickled = 64 * 1024

    /// - Parameters:
    ///   - bytes: what waits in the queue.
    ///   - limit: when it is full. It counts as full until half of it is free.
    mutating func judge(queue bytes: Int, limit: Int) { queueIsFull = bytes > (queueIsFull ? limit / 2 : limit) }

    mutating func note(isHolding: Bool, for cause: Cause?, at now: Instant) -> Waiting.Change? {
        waiting.note(isHolding: isHolding, for: cause, at: now)
    }

    mutating func tells(_ connection: ConnectionID) -> Bool { waiting.tells(connection) }

    mutating func takeTold() -> [ConnectionID] { waiting.takeTold() }
}

// A node that is told more than it can pass on slows its clients down, so that nothing is dropped
// (docs/protocol.md#holding-back).
//
// An entry is carried when every node has stored it. Each node tells on each link how many of the entries received
// there all others on its side have (`carried` in `ACKNOWLEDGE`), so that whoever accepted them knows it in the end.
// Links are always read from, and nothing but clients is held back: entries become safe as fast as ever.

extension Node {
    /// What waits here of what clients here have said: for a stamp, for copies, and in total order to be shown.
    var queuedBytes: Int { max(replication.queue.bytes, ordering.undelivered.bytes) + ordering.unstamped.bytes }

    var isQueueFull: Bool { queuedBytes > limits.queueBytes }

    /// Whether a link is waited for. One that still gets what was there when it opened isn't: what it lacks may be all
    /// that was ever said. Neither is a child that may be left behind.
    func isWaitedFor(_ link: Link) -> Bool {
        link.isNode && link.sending.hasSentAll && !(configuration.lagPolicy == .gap && link.role == .child)
    }

    /// At the end of a turn, when links have been fed: who has what, and how much more clients may say.
    func measureFlow() {
        var least: (link: Link, frontier: LogPosition)?
        // What the others of the link that is furthest behind have.
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

    /// A client has said something: it may have to wait before it says more.
    func holdBack(_ connection: ConnectionID) {
        guard isQueueFull || isHeldUp else { return }
        stopReading(connection, for: .backpressure)
        tellHeld(connection)
    }

    /// Clients are read from again in portions as large as the room that there is.
    func relieveBackpressure() {
        backpressure.judge(queue: queuedBytes, limit: limits.queueBytes)
        guard admission.gate.holdsBack else { return }
        if !backpressure.queueIsFull {
            let count = backpressure.clientsToRelease(unstamped: ordering.unstamped.bytes)
            for effect in admission.gate.hasRoom(for: count) { emit(effect) }
        }
        // Those who were let go may have nothing to say.
        if admission.gate.holdsBack { timers.set(.flow, noLaterThan: now.instant + limits.flowPause) }
    }

    func setCongested(_ isCongested: Bool, _ connection: ConnectionID) {
        links[connection]?.sending.becomesCongested(isCongested)
        guard sessions.contains(connection) else { return }
        mind(congestion: isCongested, of: connection)
        // Who doesn't read its answers isn't asked for more of them.
        if isCongested {
            stopReading(connection, for: .congested)
        } else {
            readAgain(connection, after: .congested)
        }
    }
}
