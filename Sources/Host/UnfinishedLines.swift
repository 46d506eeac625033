import Tree
import UV

/// Bounds lines that have begun and not ended: the bytes that they hold together, and the time that each may take.
///
/// Half a line costs its sender nothing, and stays in memory. Without bounds a few hundred connections that never log
/// in could take all of it.
final class UnfinishedLines {
    private struct Line {
        let bytes: Int
        /// When its first byte came, in nanoseconds.
        let since: UInt64
    }

    private let limitBytes: Int
    private let patience: Duration
    /// Ends a connection, and tells it why.
    private let refuse: (ConnectionID, String) -> Void
    private var lines: [ConnectionID: Line] = [:]
    private var bytes = 0
    private var timer: Timer?

    init(on loop: Loop, limitBytes: Int, patience: Duration, refuse: @escaping (ConnectionID, String) -> Void) {
        self.limitBytes = limitBytes
        self.patience = patience
        self.refuse = refuse
        timer = Timer(on: loop) { [unowned self] in refuseLate() }
        timer!.start(after: Settings.unfinishedLook, repeating: Settings.unfinishedLook)
    }

    /// Notes that a connection holds `count` bytes of an unfinished line, at least one.
    ///
    /// - Parameter isAnother: whether it is another line than the one noted last.
    func note(_ count: Int, of connection: ConnectionID, isAnother: Bool, at now: UInt64) {
        let before = lines[connection]
        bytes += count - (before?.bytes ?? 0)
        lines[connection] = Line(bytes: count, since: isAnother ? now : before?.since ?? now)
        while bytes > limitBytes, let most = lines.max(by: { $0.value.bytes < $1.value.bytes })?.key {
            forget(most)
            refuse(most, "the beginnings of lines take too much memory, and this one takes the most")
        }
    }

    /// The connection is closed or has no unfinished line, or isn't read from for now: then the time isn't its own.
    func forget(_ connection: ConnectionID) {
        // This is nearly always so, since most reads end where a line ends.
        guard !lines.isEmpty, let line = lines.removeValue(forKey: connection) else { return }
        bytes -= line.bytes
    }

    private func refuseLate() {
        let now = Loop.monotonicNanoseconds
        let limit = UInt64(patience.wholeMilliseconds) * 1_000_000
        for (connection, line) in lines where now >= line.since + limit {
            forget(connection)
            refuse(connection, "the line has not ended within \(patience.wholeMilliseconds / 1000) seconds")
        }
    }

    func close() {
        timer?.close()
        timer = nil
    }
}
