import Tree
import UV

/// The clients that send faster than the node reads: how much they are read, and who of them waits.
final class LoudClients {
    private let loop: Loop
    private var share: ReadingShare
    private var heldBack: [Connection] = []
    /// How often a loud client had to wait, since the start.
    private(set) var waits: UInt64 = 0
    /// Wakes the loop when nothing else happens and somebody waits.
    private var timer: Timer?

    init(_ settings: Settings.Sharing, on loop: Loop) {
        self.loop = loop
        share = ReadingShare(settings)
    }

    private static var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds) }

    /// Bytes of a client were read.
    ///
    /// - Parameter fullReads: how often in a row it has filled what was lent to it, before and afterwards.
    /// - Returns: whether the client is loud.
    func didRead(_ count: Int, _ fullReads: inout UInt8) -> Bool {
        fullReads = share.didRead(count, fullReads, at: Self.now)
        return share.isLoud(fullReads)
    }

    func isLoud(_ fullReads: UInt8) -> Bool { share.isLoud(fullReads) }

    /// Handles what a loud client said, and counts the time against it.
    ///
    /// - Parameters:
    ///   - start: since when time has been spent on it, in nanoseconds; nil for now.
    ///   - body: handles it, and returns how many bytes of it are done.
    /// - Returns: whether it has to wait: then it isn't read from until `Connection.resumeReading` is called.
    func handle(of connection: Connection, since start: UInt64? = nil, _ body: () -> Int) -> Bool {
        let start = start ?? Loop.monotonicNanoseconds
        let count = body()
        let end = Self.now
        guard share.didHandle(count, in: end.nanoseconds - start, at: end) else { return false }
        waits += 1
        heldBack.append(connection)
        return true
    }

    /// A turn ends: sets how much of each client is read in the next one, and lets those go on who may.
    ///
    /// - Parameters:
    ///   - listeners: the clients that hear what is said.
    ///   - waiting: how many of them the kernel takes nothing more for.
    func turnEnded(listeners: Int, waiting: Int) {
        let mayGoOn = share.turnEnded(listeners: listeners, waiting: waiting, at: Self.now)
        loop.bytesPerRead = share.bytes
        guard !heldBack.isEmpty else { return }
        if mayGoOn {
            let connections = heldBack
            heldBack.removeAll(keepingCapacity: true)
            for connection in connections { connection.resumeReading() }
        } else {
            let timer = timer ?? Timer(on: loop) {}
            self.timer = timer
            timer.start(after: .milliseconds(1))
        }
    }

    func close() {
        timer?.close()
        timer = nil
        heldBack = []
    }
}

extension Connection {
    /// Handles what it says when it is loud: it pays for the time, and may have to wait.
    ///
    /// - Parameter count: how many bytes came besides those that were kept.
    func handleLoudly(_ count: Int, since start: UInt64? = nil, _ body: () -> Void) {
        let before = keptBytes + count
        let isToWait = server.loud.handle(of: self, since: start) {
            body()
            return max(0, before - keptBytes)
        }
        guard isToWait, !isGone else { return }
        isHeldBack = true
        stream.stopReading()
    }

    /// It was held back, and may go on.
    func resumeReading() {
        isHeldBack = false
        guard !isGone else { return }
        if isToResume {
            server.enqueueResumed(self)
        } else if !isPaused, !hasEnded {
            stream.startReading()
        }
    }
}
