import Tree
import UV

/// Handles clients that read too slowly (docs/protocol.md#backpressure).
extension NodeServer {
    func makeTimer(_ fired: @escaping () -> Void) -> Timer {
        Timer(on: loop, fired: fired)
    }

    /// Whether the node wants to know how much each client sends.
    var countsBytes: Bool { node.configuration.limits.bytesPerSecond > 0 }

    /// Like `lingerLimit`, for a connection with unread bytes: longer while descriptors are plentiful.
    var slowLingerLimit: Duration {
        connectionAdmission.isPlentiful(among: loop.openStreams) ? settings.slowLingerLimit : lingerLimit
    }

    /// From now on it is looked at in time whether connections take what waits for them.
    func beginChecks() {
        stallCheck = Timer(on: loop) { [unowned self] in
            for connection in connections.all { checkStall(connection) }
            ProcessMemory.giveBack()
        }
        stallCheck?.start(after: settings.stallCheck, repeating: settings.stallCheck)
        linkCheck = Timer(on: loop) { [unowned self] in
            for connection in connections.all where connection.isPreferred { checkLink(connection) }
        }
        let pause = settings.linkTakenWithin / 5
        linkCheck?.start(after: pause, repeating: pause)
    }

    /// Looks whether a neighbour takes what waits for it.
    private func checkLink(_ connection: Connection) {
        let here = connection.stream.queuedBytes
        guard here > 0 else { return takenByLinks.forget(connection.id) }
        let waiting = TakenBytes.Waiting(here: here, inKernel: connection.stream.unacknowledgedBytes)
        let now = Instant(nanoseconds: Loop.monotonicNanoseconds)
        if takenByLinks.look(at: connection.id, waiting, at: now) { post(.standsStill(connection.id)) }
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
