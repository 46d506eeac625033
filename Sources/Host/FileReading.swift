import UV

/// Whether a kind of file that a running node reads again could be used when it was read last: for monitoring, since a
/// node that can't use a file goes on with what it has, and only a restart would show the mistake.
struct FileReading {
    private(set) var hasSucceeded = true
    /// When it could be used last, in milliseconds since 1970: at first, at the start of the node.
    private(set) var succeededAt = Loop.wallMilliseconds

    mutating func succeeded() {
        hasSucceeded = true
        succeededAt = Loop.wallMilliseconds
    }

    mutating func failed() { hasSucceeded = false }
}
