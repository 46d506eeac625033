import Glibc
import Synchronization

/// Ends the process.
public enum ProcessEnd {
    /// True if a loop was left while work was under way (`Loop.closeOrAbandon`).
    static let hasAbandonedWork = Atomic<Bool>(false)

    /// Ends the process after everything on standard error is written.
    ///
    /// - Parameters:
    ///   - status: the program's exit status.
    ///   - unwritten: the exit status if `status` is 0 but something could not be written to standard output.
    public static func exit(_ status: Int32, unwritten: Int32 = 1) -> Never {
        var status = status
        if let failure = StandardOutput.failure {
            StandardError.write("Error: standard output cannot be written: \(failure.message)\n", isUrgent: true)
            if status == 0 { status = unwritten }
        }
        StandardError.finish()
        // `exit` would let libuv wait for the threads of its pool.
        if hasAbandonedWork.load(ordering: .relaxed) { _exit(status) }
        Glibc.exit(status)
    }
}
