import Foundation

/// Ends a test's processes if the test itself dies, by a crash or kill -9. A small shell holds one end of a pipe, and
/// kills the processes on its list when the pipe closes.
final class ProcessReaper {
    private let shell: Spawn.Child

    private static let script = """
        trap '' INT TERM HUP
        pids=' '
        while read -r word pid; do
            case $word in
                watch) pids="$pids$pid " ;;
                forget) pids="${pids%% $pid *} ${pids#* $pid }" ;;
            esac
        done
        for pid in $pids; do kill -9 "$pid"; done
        """

    init() throws {
        shell = try Spawn.start("/bin/sh", ["-c", Self.script], folder: "/", errorFile: "/dev/null")
    }

    func watch(_ pid: pid_t) { tell("watch \(pid)\n") }

    func forget(_ pid: pid_t) { tell("forget \(pid)\n") }

    /// Ends the shell. To be called when the list is empty.
    func dismiss() {
        shell.input.close()
        waitpid(shell.pid, nil, 0)
    }

    private func tell(_ order: String) {
        _ = shell.input.write(order.utf8, until: Deadline(within: .seconds(1)))
    }
}
