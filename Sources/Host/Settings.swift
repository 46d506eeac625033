import Tree
import UV
import Wire

/// What the shell of a node needs to know, besides what the node itself is told.
public struct Settings: Sendable {
    /// The clock servers, of which one leads; none if there is none.
    public var clocks: [Address]
    /// The longest line of a client, in bytes.
    public var lineBytes = Limits().clientLineBytes
    /// The longest line of another server.
    public var linkLineBytes = 1024 * 1024
    /// What lines that have begun and not ended may hold together, in bytes. Beyond it whoever holds most is closed.
    public var unfinishedBytes = 64 * 1024 * 1024
    /// How long a line, or a TLS handshake, may take from its first byte to its end. A link of 100 kB/s brings the
    /// longest line in that time.
    public var linePatience = Duration.seconds(10)
    /// How often it is looked whether one takes longer.
    static let unfinishedLook = Duration.seconds(1)
    /// Bytes that one origin takes in the vector of a client's `LOGIN`, in the longest usual form.
    static let originBytes = 64
    /// Origins that a client may have seen beyond those that this node knows.
    static let unknownOrigins = 1024
    /// Levels of nesting in a message.
    public var depth = 64
    /// What may be in libuv's hands for one link before the node is told to hold back.
    public var handedOverBytes = 256 * 1024
    /// The same for a client's answers: memory of its own, of which there may be twenty thousand times as much.
    public var handedOverClientBytes = 32 * 1024
    /// TLS handshakes at a time: each holds up to some 30 KiB.
    public var handshakes = Self.standardHandshakes
    public static let standardHandshakes = 1000
    /// What a client that speaks TLS may send before it was answered, in bytes: one record, as long as it may be.
    static let helloBytes = 16_389
    /// How often it is looked whether the files of certificates have changed.
    static let certificateLook = Duration.seconds(10)
    /// The longest such file, in bytes: a chain of dozens of certificates.
    static let certificateBytes = 256 * 1024
    /// So long before its end a certificate is warned of, in seconds: 14 days, time enough for people on holiday.
    static let certificateWarningSeconds: Int64 = 14 * 86_400
    /// The pause between two such warnings, in nanoseconds: a day.
    static let certificateWarningPauseNanoseconds: UInt64 = 86_400_000_000_000
    /// Bytes of what a server says first that are looked at to tell which protocol it speaks.
    static let openingBytes = 256
    /// Descriptors kept for links beyond the children, the database and administration.
    static let descriptorReserve = 64
    /// Bytes that a line of the log quotes of what somebody else has written.
    static let quotedBytes = 256
    /// How many connections there may be.
    public var descriptorBudget = DescriptorBudget(descriptors: 1024, inUse: 0, children: 64)
    /// What the kernel may hold for one client that doesn't read. The system's default lets each one pin 4 MiB.
    public var sendBufferBytes = 256 * 1024
    /// How far a client that doesn't read may lag behind the others before it is closed. It costs no memory beside the
    /// log's.
    public var lagBytes = Self.standardLagBytes
    public static let standardLagBytes = 64 * 1024 * 1024
    /// How long a blank line may turn out to be half of a length prefix whose rest is on the way.
    public var prefixPatience = Duration.milliseconds(200)
    /// How long a connection that is being closed may take to read its last answer.
    public var lingerLimit = Duration.seconds(2)
    /// The same for whoever has not taken what was sent before it, while descriptors are plentiful: a client that was
    /// busy, or away for a moment, still reads why it is closed.
    public var slowLingerLimit = Duration.seconds(30)
    /// The same while nearly all connections that there may be are open.
    public var shortLingerLimit = Duration.milliseconds(100)
    /// When a connection whose other end has vanished without a word is given up: within a minute, whether or not
    /// something is said to it. Silent clients are asked every 40 s, of twenty thousand 500 in a second: that is little
    /// traffic, and often enough for most NATs. Three lost questions in a row are no chance any more.
    public var liveness = Liveness(ofManyWithin: Self.standardVanishing)
    public static let standardVanishing = Duration.seconds(55)
    /// A client that takes no byte of what waits for it here for so long is closed.
    public var takenWithin = Self.standardTakenWithin
    public static let standardTakenWithin = Duration.seconds(60)
    /// The same for a neighbour: everybody's clients wait for it.
    public var linkTakenWithin = Limits().stuckAfter
    /// How often connections that take nothing of what waits for them are looked at: five times within that time.
    public var stallCheck = Duration.seconds(11)
    /// How long clients are served in one turn before links and timers come again.
    public var sliceNanoseconds: UInt64 = 2_000_000
    public var sharing = Sharing()
    /// A clock server has to answer within this time.
    public var clockPatience = Duration.milliseconds(250)
    /// Questions in a row that a clock leaves unanswered before it is told of: four are a second, so that a clock that
    /// pauses for a moment isn't.
    static let clockSilencesToTell = 4
    /// The longest answer of a clock, in bytes. Longer ones are not a clock's.
    static let clockAnswerBytes = 1024
    /// The pause between two rounds through all clocks, in milliseconds: they may just be electing one. It is drawn
    /// from this range, so that nodes don't come at once.
    static let clockRoundMilliseconds = 10...30
    /// For how long what answers without stamps isn't asked, in nanoseconds: at first, and at most. A clock of another
    /// kind has no stamps tomorrow either, but another one may take its place.
    static let clockPauseNanoseconds: ClosedRange<UInt64> = 500_000_000...60_000_000_000
    /// The longest such pause for a clock that says why, in nanoseconds: the reason may pass.
    static let clockRefusalNanoseconds: UInt64 = 5_000_000_000
    /// So long after the last answer an earlier epoch is taken again, in nanoseconds: then it isn't a leader that was
    /// stopped, but a clock that has lost its bound, and no stamps at all would be worse.
    static let epochMemoryNanoseconds: UInt64 = 10_000_000_000

    /// How long a full pipe on standard output may keep a node from serving: whoever has started it reads a line, or
    /// none.
    static let announceLimit = Duration.seconds(5)

    /// How often a node looks whether its files are still in their places.
    static let directoryLook = Duration.seconds(1)

    /// How long an orderly end may take from when the node has let go of all: longer than the last answers take. A disk
    /// that hangs isn't waited for beyond it.
    static let endLimit = Duration.milliseconds(2500)
    /// The same after a second signal.
    static let sharpEndLimit = Duration.milliseconds(200)

    public init(clocks: [Address]) {
        self.clocks = clocks
    }

    /// How long lines may be where nobody has shown to be a server: a client that comes back names the origins that it
    /// has seen, of which a node knows most.
    func clientLines(knowing origins: Int) -> LineLimit {
        LineLimit(
            lineBytes, attaching: linkLineBytes,
            resuming: min(linkLineBytes, lineBytes + (origins + Self.unknownOrigins) * Self.originBytes))
    }
}

extension Settings {
    /// How clients share the node's time while loud and quiet ones talk.
    public struct Sharing: Sendable {
        /// The part of the time that loud clients get together while there is a quiet one.
        public var share = 0.25
        /// The most that they may use at once, in nanoseconds: a turn is as long.
        public var mostTokens = 1e6
        /// So many reads in a row that filled what was lent make a client loud.
        public var fullReads: UInt8 = 4
        /// What it takes to deliver a byte to one listener, in nanoseconds: the kernel copies it.
        public var nanosecondsPerDelivered = 0.3
        /// The part of the listeners that may lag before loud clients wait for them.
        public var mostWaiting = 0.25
        /// The least that is read of a client, in bytes: a few lines.
        public var leastBytes = 2048
        /// A client that says no more than this at a time, in bytes, is quiet.
        public var quietBytes = 4096
        /// For so long a quiet client is reckoned with after it said something.
        public var memory = Duration.seconds(2)

        public init() {}
    }
}
