import Tree
import UV

/// The clients that send faster than the node reads: how much they are read, and who of them waits.
final class LoudClients {
    private let loop: Loop
    private var share: ReadingShare
    private var heldBack: [Connection] = []
    /// How often a loud client had to wait, since the start.
    private(set) var waits: UInt64 = 0
    /// When the client that is being handled has had its time for this turn; nil for no such end.
    private var ends: Instant?
    /// Wakes the loop when nothing else happens and somebody waits.
    private var timer: Timer?

    init(_ settings: Settings.Sharing, on loop: Loop) {
        self.loop = loop
        share = ReadingShare(settings)
    }

    private static var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds) }

    /// Bytes of a client were read.
    ///
    /// - Parameter loudReads: how many of its reads in a row were loud, before and afterwards.
    /// - Returns: whether the client is loud.
    func didRead(_ count: Int, _ loudReads: inout UInt8) -> Bool {
        loudReads = share.didRead(count, loudReads, at: Self.now)
        return share.isLoud(loudReads)
    }

    func isLoud(_ loudReads: UInt8) -> Bool { share.isLoud(loudReads) }

    /// Whether somebody talks who isn't loud.
    var hasQuiet: Bool { share.isShared(at: Self.now) }

    /// Handles what a client said that isn't loud yet. If that takes long again and again, it becomes loud.
    ///
    /// - Parameters:
    ///   - count: how many bytes were read.
    ///   - start: since when time has been spent on them, in nanoseconds; nil for now.
    func weigh(_ count: Int, of connection: Connection, since start: UInt64?, _ body: () -> Void) {
        guard share.isWeighed(count) else { return body() }
        let start = start ?? Loop.monotonicNanoseconds
        body()
        connection.loudReads = share.didTake(count, in: Loop.monotonicNanoseconds - start, connection.loudReads)
    }

    /// Handles what a loud client said, and counts the time against it.
    ///
    /// - Parameters:
    ///   - read: how many bytes were read for it; 0 if they had been read before.
    ///   - start: since when time has been spent on it, in nanoseconds; nil for now.
    ///   - body: handles it, and returns how many bytes of it are done.
    /// - Returns: whether it has to wait: then it isn't read from until `Connection.resumeReading` is called.
    func handle(of connection: Connection, read: Int, since start: UInt64? = nil, _ body: () -> Int) -> Bool {
        let start = start ?? Loop.monotonicNanoseconds
        ends = share.end(of: Self.now)
        let count = body()
        ends = nil
        let end = Self.now
        connection.loudReads = share.didTake(read, in: end.nanoseconds - start, connection.loudReads)
        guard share.didHandle(count, in: end.nanoseconds - start, at: end) else { return false }
        waits += 1
        heldBack.append(connection)
        return true
    }

    /// Whether the loud client that is being handled has had its time for this turn.
    var isTimeUp: Bool { ends.map { Self.now >= $0 } ?? false }

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
            wakeSoon()
        }
    }

    /// Lets another turn come soon, whatever happens: something waits for its share of the time.
    func wakeSoon() {
        let timer = timer ?? Timer(on: loop) {}
        self.timer = timer
        timer.start(after: .milliseconds(1))
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
    /// - Parameters:
    ///   - count: how many bytes came besides those that were kept.
    ///   - read: how many were read for that.
    func handleLoudly(_ count: Int, read: Int = 0, since start: UInt64? = nil, _ body: () -> Void) {
        let before = keptBytes + count
        let isToWait = server.loud.handle(of: self, read: read, since: start) {
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
