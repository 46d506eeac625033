import Tree
import UV

/// What becomes of clients that read too slowly (docs/protocol.md#backpressure).
extension NodeServer {
    /// As `lingerLimit`, for a connection that has something unread: longer while descriptors are plentiful.
    var slowLingerLimit: Duration {
        connectionAdmission.isPlentiful(among: loop.openStreams) ? settings.slowLingerLimit : lingerLimit
    }

    /// Looks whether a connection takes what waits for it, and whether its other end is still there.
    func checkStall(_ connection: Connection) {
        connection.checkStall()
        let here = connection.stream.queuedBytes
        guard here > 0, !connection.isPreferred else { return taken.forget(connection.id) }
        let waiting = TakenBytes.Waiting(here: here, inKernel: connection.stream.unacknowledgedBytes)
        let now = Instant(nanoseconds: Loop.monotonicNanoseconds)
        if taken.look(at: connection.id, waiting, at: now) { post(.standsStill(connection.id)) }
    }
}
