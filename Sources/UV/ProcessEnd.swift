import Glibc

/// How a process comes to its end.
public enum ProcessEnd {
    /// Ends the process, after what it still has to say.
    ///
    /// - Parameters:
    ///   - status: what it came to.
    ///   - unwritten: the status if all went well but for standard output, of which something could not be written.
    public static func exit(_ status: Int32, unwritten: Int32 = 1) -> Never {
        var status = status
        if let failure = StandardOutput.failure {
            StandardError.write("Error: standard output cannot be written: \(failure.message)\n")
            if status == 0 { status = unwritten }
        }
        Glibc.exit(status)
    }
}
