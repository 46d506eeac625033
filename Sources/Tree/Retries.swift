/// Which of their numbered messages the clients' sessions have said already.
///
/// It follows from the log's entries alone, on every node alike, so that what a client sends again is recognised
/// wherever it sends it. A session counts only under the name that was logged in.
struct Retries {
    private struct Session: Hashable {
        let user: String
        let session: String
    }

    private struct Applied {
        var sequence: UInt64
        var stamp: Stamp
    }

    private var applied: [Session: Applied] = [:]
    private var newest = Stamp.zero
    private var nextSweep = Stamp.zero
    private let memory: Duration

    init(memory: Duration) {
        self.memory = memory
    }

    func isRetry(_ key: RetryKey, by user: String) -> Bool {
        key.sequence <= applied[Session(user: user, session: key.session)]?.sequence ?? 0
    }

    mutating func record(_ key: RetryKey, by user: String, stamp: Stamp) {
        applied[Session(user: user, session: key.session), default: Applied(sequence: 0, stamp: stamp)].sequence =
            key.sequence
        applied[Session(user: user, session: key.session)]?.stamp = stamp
        newest = max(newest, stamp)
        if newest > nextSweep { sweep() }
    }

    /// Forgets sessions that were silent for a day by the stamps, which all nodes see alike.
    private mutating func sweep() {
        let horizon = UInt64(memory.wholeMilliseconds)
        nextSweep = Stamp(milliseconds: newest.milliseconds + 60_000)
        guard newest.milliseconds > horizon else { return }
        let oldest = Stamp(milliseconds: newest.milliseconds - horizon)
        applied = applied.filter { $0.value.stamp >= oldest }
    }
}
