import Tree

/// Decides which clients take none of the bytes that wait for them. A client that reads slowly takes a few between two
/// checks.
struct TakenBytes {
    /// The bytes that wait for a connection: here, and in the kernel until the other side has acknowledged them.
    struct Waiting: Equatable {
        let here: Int
        let inKernel: Int
    }

    private struct Stall {
        var waiting: Waiting
        var since: Instant
    }

    private let patience: Duration
    /// Connections for which bytes wait here.
    private var stalls: [ConnectionID: Stall] = [:]

    init(within patience: Duration) {
        self.patience = patience
    }

    var count: Int { stalls.count }

    /// Checks a connection for which bytes wait.
    ///
    /// More bytes that wait here are no sign of life. The number in the kernel changes only when the other side takes
    /// some: until then none can follow.
    ///
    /// - Returns: whether the client has taken nothing for too long.
    mutating func look(at connection: ConnectionID, _ waiting: Waiting, at now: Instant) -> Bool {
        guard var stall = stalls[connection], waiting.inKernel == stall.waiting.inKernel,
            waiting.here >= stall.waiting.here
        else {
            stalls[connection] = Stall(waiting: waiting, since: now)
            return false
        }
        stall.waiting = waiting
        stalls[connection] = stall
        return now - stall.since >= patience
    }

    /// Nothing waits for a connection any more, or it is closed.
    mutating func forget(_ connection: ConnectionID) {
        if !stalls.isEmpty { stalls[connection] = nil }
    }
}
