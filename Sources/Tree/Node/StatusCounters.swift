/// What this node counts for its operators, and what its runner tells it.
struct StatusCounters {
    private var own = Counts()
    private var runners = Counts()
    private var refusals = [UInt64](repeating: 0, count: RefusalCause.allCases.count)
    /// How long the runner's turns took; nil if it doesn't measure them.
    private(set) var turns: TurnReport?
    /// What was done; nil if the runner doesn't count it.
    private(set) var work: WorkReport?
    /// The version of the deadpool that was last written down.
    private var rememberedVersion: UInt64 = 0

    /// What the node and its runner have counted.
    var counts: Counts { own + runners }

    mutating func refused(for cause: RefusalCause) {
        if cause.isWantOfRoom || cause == .banned { own.refused += 1 }
        refusals[Int(cause.rawValue)] += 1
    }

    func refusals(for cause: RefusalCause) -> UInt64 { refusals[Int(cause.rawValue)] }

    mutating func clientFellBehind() { own.slowClients += 1 }

    mutating func clientWasIdle() { own.idleClients += 1 }

    mutating func clientWasRateLimited() { own.rateLimited += 1 }

    mutating func clientWasMoved() { own.movedClients += 1 }

    mutating func sessionEnded() { own.endedSessions += 1 }

    mutating func foundConflict() { own.conflictingEntries += 1 }

    mutating func clientsWait() { own.waits += 1 }

    mutating func leftOut(_ entries: UInt64) { own.leftOut += entries }

    mutating func streamBroke() { own.brokenStreams += 1 }

    mutating func linkWasStuck() { own.stuckLinks += 1 }

    /// - Parameter counts: what whoever runs this node has counted since its start.
    mutating func runnerCounted(_ counts: Counts) { runners = counts }

    mutating func turnsMeasured(_ report: TurnReport) { turns = report }

    mutating func workCounted(_ report: WorkReport) { work = report }

    /// Whether the deadpool has changed since it was last written down.
    func mustRemember(_ deadpool: Deadpool) -> Bool { deadpool.version != rememberedVersion }

    mutating func remembered(_ deadpool: Deadpool) { rememberedVersion = deadpool.version }
}
