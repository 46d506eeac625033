import Glibc
import Synchronization

/// How a process comes to its end.
public enum ProcessEnd {
    /// A loop was left although work was under way (`Loop.closeOrAbandon`).
    static let hasAbandonedWork = Atomic<Bool>(false)

    /// Ends the process, after what it still has to say.
    ///
    /// - Parameters:
    ///   - status: what it came to.
    ///   - unwritten: the status if all went well but for standard output, of which something could not be written.
    public static func exit(_ status: Int32, unwritten: Int32 = 1) -> Never {
        var status = status
        if let failure = StandardOutput.failure {
            StandardError.write("Error: standard output cannot be written: \(failure.message)\n", isUrgent: true)
            if status == 0 { status = unwritten }
        }
        StandardError.finish()
        // Otherwise libuv would wait for the threads of its pool.
        if hasAbandonedWork.load(ordering: .relaxed) { _exit(status) }
        Glibc.exit(status)
    }
}
