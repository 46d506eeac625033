/// Recognises retries: it knows which numbered messages each session has said already.
///
/// Its state follows from the log's entries alone and so is the same on every node: a retry is recognised on whatever
/// node the client sends it to. A session counts only together with the name that was logged in.
struct DuplicateFilter {
    private struct Session: Hashable {
        let user: String
        let session: String
    }

    private struct Applied {
        /// The highest sequence that was said.
        var sequence: UInt64 = 0
        /// Sequences below it that were not said: a client leaves such holes if it could not wait for what it had said
        /// elsewhere.
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
    /// How many sessions are remembered. Above it those that were silent for longest are forgotten.
    private let sessionLimit: Int
    /// A mutation: messages older than two seconds are forgotten.
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

    /// Forgets a quarter of the sessions at a time, so that the cost for each is small.
    private mutating func forgetQuietest() {
        let stamps = applied.values.map(\.stamp).sorted()
        let oldest = stamps[stamps.count / 4]
        applied = applied.filter { $0.value.stamp > oldest }
    }

    /// Forgets sessions that were silent for `memory`, measured by the entries' stamps, which are the same on all
    /// nodes.
    private mutating func sweep() {
        let horizon = UInt64(memory.wholeMilliseconds)
        nextSweep = Stamp(milliseconds: newest.milliseconds + UInt64(Limits.retrySweep.wholeMilliseconds))
        guard newest.milliseconds > horizon else { return }
        let oldest = Stamp(milliseconds: newest.milliseconds - horizon)
        applied = applied.filter { $0.value.stamp >= oldest }
    }
}
