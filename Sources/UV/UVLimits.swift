/// Every limit of the loop and of what runs on it, with its unit and its reason.
public enum UVLimits {
    // MARK: Connections

    /// The size of the loop's read buffer, which is also the most that one connection hands up in one turn.
    public static let readBufferBytes = 64 * 1024
    /// Connections that may wait to be accepted. The system cuts it to its own limit (`net.core.somaxconn`, 4096 by
    /// default).
    public static let backlog: Int32 = 4096
    /// How long connections are accepted in one turn, in nanoseconds. A storm of newcomers is let in in portions, so
    /// that those who are here already don't wait for all of it. It is a time, not a number: where turns are long, a
    /// number lets the system's queue overflow, and whoever is dropped from it is heard a second, or a minute, later.
    static let acceptingNanosecondsPerTurn: UInt64 = 3_000_000
    /// How long connections are read in one turn, in nanoseconds. Twenty thousand of them may have something to say, or
    /// end, in the same moment; the others of them are read in the turns that follow, so that links, deadlines and
    /// whoever is to be answered come in between.
    static let readingNanosecondsPerTurn: UInt64 = 5_000_000
    /// Reads between two looks at the clock: less than a tenth of that time.
    static let readsPerLook = 16
    /// How long an address is tried alone: RFC 8305's own recommendation. Less where there is less time.
    static let attemptDelay = Duration.milliseconds(250)
    /// A name with more addresses is a mistake, or somebody's who wants many connections made.
    static let addresses = 16
    /// Host names whose addresses are remembered. Beyond so many all are forgotten: one look-up each brings those back
    /// that are still used.
    static let hostNames = 1024
    /// Writes to different connections between two looks at the clock: about a third of a millisecond.
    static let writesPerLook = 64

    // MARK: Standard input and output

    /// Bytes of lines on standard error that wait for a reader: minutes of a log at its busiest.
    static let errorBytes = 1 << 20
    /// More of them, for what is urgent: why the program ends.
    static let urgentErrorBytes = 64 * 1024
    /// How long the end of a program waits until everything is read: a reader that is alive needs milliseconds.
    static let errorsRead = Duration.seconds(2)
    /// Bytes handed to one write: a reader that goes on reading makes room in steps.
    static let outputPieceBytes = 64 * 1024
    /// The longest line of an input, in bytes, if its reader doesn't say otherwise. Of a longer one the beginning is
    /// given.
    public static let inputLineBytes = 1 << 20
    /// How soon it is noticed that nobody reads standard output any more. A look costs one system call.
    static let readerCheck = Duration.milliseconds(250)

    // MARK: Files and memory

    /// Bytes of a file that are read at a time.
    static let filePieceBytes = 64 * 1024
    /// Buffers of this size and more go back to the system when they are freed, in bytes. By itself glibc raises its
    /// threshold with every such buffer, to up to 32 MiB, and from then on keeps them.
    static let largeBufferBytes: Int32 = 128 * 1024
    /// Bytes of the program itself, and what is not worth the search when memory is given back.
    static let memorySlackBytes = 24 * 1024 * 1024
}
