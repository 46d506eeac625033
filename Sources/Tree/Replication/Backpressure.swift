/// Whether this node takes more than it can pass on.
struct Backpressure {
    /// A link lags so far that what it lacks could fall off the log: nothing is acknowledged, no client is read from.
    private(set) var isHeldUp = false

    /// - Parameters:
    ///   - lag: how far the slowest link lags, in bytes.
    ///   - kept: how many bytes the log may keep. A lag of more than a quarter of them holds this node up, until it is
    ///     no more than an eighth.
    mutating func judge(lag: UInt64, ofKept kept: Int) { isHeldUp = lag > UInt64(kept / (isHeldUp ? 8 : 4)) }
}

// A node that is told more than it can pass on slows its clients down, so that nothing is dropped
// (docs/protocol.md#holding-back).
//
// Two things fill up: the queue of entries accepted here and not safe yet, and the log before a link that takes less
// than comes. When the queue is full, clients aren't read from. When a link lags, they aren't read from either, and the
// node acknowledges nothing: so the queues of the other nodes fill, and their clients wait. Heartbeats and the entries
// that are on their way still come, since links are always read from.
//
//      clients ──▶ [ queue ]──▶ log ──▶ link that lags
//      links   ◀── acknowledgements ◀── held back while it lags by a quarter of what the log may keep

extension Node {
    /// What waits here of what clients here have said: for a stamp, for copies, and in total order to be shown.
    var queuedBytes: Int { max(replication.queue.bytes, ordering.undelivered.bytes) + ordering.unstamped.bytes }

    var isQueueFull: Bool { queuedBytes > limits.queueBytes }

    /// How far the slowest link lags, in bytes of lines. A link that still catches up with what was there when it
    /// opened doesn't count: what it lacks may be all that was ever said.
    private var greatestLag: UInt64 {
        var greatest: UInt64 = 0
        for link in links where link.isNode && link.sending.hasSentAll && link.sending.cursor < log.stored {
            greatest = max(greatest, log.offset(of: log.stored) - log.offset(of: link.sending.cursor))
        }
        return greatest
    }

    /// At the end of a turn, when links have been fed.
    func lookAtLag() {
        backpressure.judge(lag: greatestLag, ofKept: limits.retentionBytes)
    }

    /// Clients are read from again once half of the queue is free, and no link lags too far.
    func relieveBackpressure() {
        guard admission.gate.holdsForQueue, queuedBytes <= limits.queueBytes / 2, !isHeldUp else { return }
        for effect in admission.gate.queueHasRoom() { emit(effect) }
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
