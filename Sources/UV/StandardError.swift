import Glibc
import Synchronization

/// Descriptor 2.
///
/// A program that ends soon writes there directly, and waits if it has to, so that nothing is lost. A server must not
/// wait for a reader. So it calls `neverWait`, and from then on everything goes through one queue.
public enum StandardError {
    private static let queue = Mutex<OutputQueue?>(nil)

    /// From now on, writing doesn't wait. To be called once, by a server.
    ///
    /// - Parameter note: makes the line that stands for a number of lines that nobody has read in time.
    @discardableResult
    public static func neverWait(
        note: @escaping @Sendable (Int) -> [UInt8] = { Array("\(missing($0))\n".utf8) }
    ) -> OutputQueue {
        queue.withLock { queue in
            if let queue { return queue }
            let made = OutputQueue(
                descriptor: 2, limitBytes: UVLimits.errorBytes, urgentBytes: UVLimits.urgentErrorBytes, note: note)
            queue = made
            return made
        }
    }

    /// Whether it leads straight to the system's journal, as in a service of systemd (systemd.exec(5), JOURNAL_STREAM).
    public static var goesToJournal: Bool {
        guard let stream = EnvironmentVariable.value("JOURNAL_STREAM") else { return false }
        var status = stat()
        return fstat(2, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// The text that stands in the place of lines that were left out.
    public static func missing(_ lines: Int) -> String {
        "\(lines) \(lines == 1 ? "line is" : "lines are") missing here: standard error was not read in time"
    }

    /// Writes text for people. It waits unless `neverWait` was called.
    ///
    /// - Parameter isUrgent: after `neverWait`, the text may use space in the queue that is kept for urgent lines.
    public static func write(_ bytes: [UInt8], isUrgent: Bool = false) {
        if let queue = queue.withLock({ $0 }) {
            queue.append(bytes, isUrgent: isUrgent)
        } else {
            _ = writeSome(bytes.span.bytes, to: 2)
        }
    }

    public static func write(_ text: String, isUrgent: Bool = false) {
        write(Array(text.utf8), isUrgent: isUrgent)
    }

    /// Why the last write failed; nil if it succeeded, or if nothing was written yet.
    public static var failure: UVError? { queue.withLock { $0 }?.failure }

    /// How many lines were left out since the start, since nobody has read them in time.
    public static var linesLost: UInt64 { queue.withLock { $0 }?.linesLost ?? 0 }

    /// Waits a limited time until all is written. To be called at the end, and before something else is printed that
    /// has to stand after it.
    ///
    /// - Returns: whether all was written.
    @discardableResult
    public static func finish() -> Bool {
        guard let queue = queue.withLock({ $0 }) else { return true }
        return queue.finish(within: UVLimits.errorsRead)
    }
}
