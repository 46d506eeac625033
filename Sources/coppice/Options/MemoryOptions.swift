import ArgumentParser
import UV

/// Who may see a node's memory.
struct MemoryOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Let the system write core dumps, and other programs of this user trace the node or read its memory: for "
                + "perf and debuggers. Both show secrets."))
    var allowDumps = false

    @Flag(help: "Keep the node's memory out of the swap. The system has to allow any amount (ulimit -l unlimited).")
    var lockMemory = false

    /// To be called before the first secret is read.
    func protect() throws {
        if !allowDumps { ProcessPrivacy.forbidDumps() }
        guard lockMemory else { return }
        do {
            try ProcessPrivacy.lockMemory()
        } catch {
            throw Complaint(
                "the memory can't be kept out of the swap: \(error): raise ulimit -l, or leave out --lock-memory")
        }
    }
}
