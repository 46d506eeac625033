import Tree

/// Decides who takes nothing of what waits for it: a client that reads slowly takes a little between two looks.
struct TakenBytes {
    /// What waits for a connection, in bytes: here, and in the kernel until the other side has acknowledged it.
    struct Waiting: Equatable {
        let here: Int
        let inKernel: Int
    }

    private struct Stall {
        var waiting: Waiting
        var since: Instant
    }

    private let patience: Duration
    /// Connections for which something waits here.
    private var stalls: [ConnectionID: Stall] = [:]

    init(within patience: Duration) {
        self.patience = patience
    }

    var count: Int { stalls.count }

    /// Something waits for a connection.
    ///
    /// What comes to wait here meanwhile is no sign of life. What waits in the kernel changes only when the other side
    /// takes some of it: as long as it takes nothing, nothing can follow.
    ///
    /// - Returns: whether it has taken nothing for too long.
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

    /// Nothing waits for a connection any more, or it is gone.
    mutating func forget(_ connection: ConnectionID) {
        if !stalls.isEmpty { stalls[connection] = nil }
    }
}
