/// Every limit of the loop and of what runs on it, with its unit and its reason.
public enum UVLimits {
    // MARK: Connections

    /// The size of the loop's read buffer in bytes. A connection hands up at most as much in one turn.
    public static let readBufferBytes = 64 * 1024
    /// Connections that may wait to be accepted. The system cuts it to its own limit (`net.core.somaxconn`, 4096 by
    /// default).
    public static let backlog: Int32 = 4096
    /// How long connections are accepted in one turn, in nanoseconds. A storm of newcomers is accepted in portions, so
    /// that the connections that exist don't wait for all of it. It is a time, not a number: where turns are long, a
    /// number lets the system's queue overflow, and a newcomer dropped from it is heard a second, or a minute, later.
    static let acceptingNanosecondsPerTurn: UInt64 = 3_000_000
    /// How long connections are read in one turn, in nanoseconds. Twenty thousand of them may send something, or end,
    /// in the same moment. The rest of them is read in the turns that follow, so that links, deadlines and answers come
    /// in between.
    static let readingNanosecondsPerTurn: UInt64 = 5_000_000
    /// Reads between two looks at the clock: less than a tenth of that time.
    static let readsPerLook = 16
    /// How long timers call back in one turn, in nanoseconds: many connections may wait for the same moment.
    static let timersNanosecondsPerTurn: UInt64 = 5_000_000
    /// Timers between two looks at the clock: less than a tenth of that time.
    static let callsPerLook = 8
    /// How long an address is tried alone: RFC 8305's own recommendation. Less where there is less time.
    static let attemptDelay = Duration.milliseconds(250)
    /// How many addresses of a name are tried. A name with more is a mistake, or meant to cause many connections.
    static let addresses = 16
    /// Host names whose addresses are remembered. When there are more, all are forgotten; one look-up each brings back
    /// those that are still used.
    static let hostNames = 1024
    /// Writes to different connections between two readings of the clock: about a third of a millisecond.
    static let writesPerLook = 64
    /// Pieces with headers that one write sends: two buffers each, of which the system takes 1,024. Of 32 KiB each
    /// they are more than the kernel takes for a client at a time.
    static let piecesPerWrite = 16
    /// Writes between two readings where each is encrypted for its connection, up to 16 KiB at a time: a third of a
    /// millisecond too.
    static let filteredWritesPerLook = 16

    // MARK: Standard input and output

    /// Bytes of lines that may wait for a reader of standard error: minutes of a busy log.
    static let errorBytes = 1 << 20
    /// Bytes that urgent lines may take besides, such as the reason why the program ends.
    static let urgentErrorBytes = 64 * 1024
    /// How long a program waits at its end until standard error is read. A live reader needs milliseconds.
    static let errorsRead = Duration.seconds(2)
    /// Bytes handed to one write, so that a slow reader frees the queue step by step.
    static let outputPieceBytes = 64 * 1024
    /// The longest line of an input, in bytes, unless its reader says otherwise. Of a longer line the beginning is
    /// given.
    public static let inputLineBytes = 1 << 20
    /// How often it is checked whether somebody reads standard output. A check costs one system call.
    static let readerCheck = Duration.milliseconds(250)

    // MARK: Files and memory

    /// Bytes of a file that are read at a time.
    static let filePieceBytes = 64 * 1024
    /// Buffers of this size and more go back to the system when they are freed, in bytes. By itself glibc raises its
    /// threshold with every such buffer, to up to 32 MiB, and from then on keeps them.
    static let largeBufferBytes: Int32 = 128 * 1024
    /// Bytes that may be resident without being in use before memory is given back: the program itself, and what isn't
    /// worth the search.
    static let memorySlackBytes = 24 * 1024 * 1024
}
