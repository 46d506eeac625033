/// Which of their numbered messages the clients' sessions have said already.
///
/// It follows from the log's entries alone, on every node alike, so that what a client sends again is recognised
/// wherever it sends it. A session counts only under the name that was logged in.
struct DuplicateFilter {
    private struct Session: Hashable {
        let user: String
        let session: String
    }

    private struct Applied {
        /// The highest that was said.
        var sequence: UInt64 = 0
        /// Below it, what was not: a client that could not wait for what it had said elsewhere leaves such holes.
        var holes: [ClosedRange<UInt64>] = []
        var stamp: Stamp

        func has(_ sequence: UInt64) -> Bool {
            sequence <= self.sequence && !holes.contains { $0.contains(sequence) }
        }

        mutating func add(_ added: UInt64) {
            if added > sequence {
                if added > sequence + 1 { holes.append(sequence + 1...added - 1) }
                holes.removeFirst(max(0, holes.count - Limits.retryHoles))
                sequence = added
            } else if let index = holes.firstIndex(where: { $0.contains(added) }) {
                let hole = holes.remove(at: index)
                if added < hole.upperBound { holes.insert(added + 1...hole.upperBound, at: index) }
                if hole.lowerBound < added { holes.insert(hole.lowerBound...added - 1, at: index) }
            }
        }
    }

    private var applied: [Session: Applied] = [:]
    private var newest = Stamp.zero
    private var nextSweep = Stamp.zero
    private let memory: Duration
    /// More sessions than these aren't remembered: the one that was silent for longest goes.
    private let sessionLimit: Int
    /// A mutation: what was said two seconds ago is forgotten.
    var forgetsEarly = false

    init(memory: Duration, sessions: Int = Limits().retrySessions) {
        self.memory = memory
        sessionLimit = sessions
    }

    var sessions: Int { applied.count }

    func isRetry(_ key: RetryKey, by user: String) -> Bool {
        guard let said = applied[Session(user: user, session: key.session)] else { return false }
        if forgetsEarly, said.stamp.milliseconds + 2000 < newest.milliseconds { return false }
        return said.has(key.sequence)
    }

    mutating func record(_ key: RetryKey, by user: String, stamp: Stamp) {
        let session = Session(user: user, session: key.session)
        applied[session, default: Applied(stamp: stamp)].add(key.sequence)
        applied[session]!.stamp = stamp
        newest = max(newest, stamp)
        if newest > nextSweep { sweep() }
        if applied.count > sessionLimit { forgetQuietest() }
    }

    /// A quarter at a time, so that it costs little for each. What they said stays known by its ids.
    private mutating func forgetQuietest() {
        let stamps = applied.values.map(\.stamp).sorted()
        let oldest = stamps[stamps.count / 4]
        applied = applied.filter { $0.value.stamp > oldest }
    }

    /// Forgets sessions that were silent for a day by the stamps, which all nodes see alike.
    private mutating func sweep() {
        let horizon = UInt64(memory.wholeMilliseconds)
        nextSweep = Stamp(milliseconds: newest.milliseconds + UInt64(Limits.retrySweep.wholeMilliseconds))
        guard newest.milliseconds > horizon else { return }
        let oldest = Stamp(milliseconds: newest.milliseconds - horizon)
        applied = applied.filter { $0.value.stamp >= oldest }
    }
}
