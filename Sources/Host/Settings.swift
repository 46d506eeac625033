import HTTPCodec
import Tree
import UV
import Wire

/// The settings of a node's shell, besides the node's `Configuration`.
public struct Settings: Sendable {
    /// The clock servers, of which one leads; empty for none.
    public var clocks: [Address]
    /// What the clocks and this node prove to each other that they know; nil if that is the parent's secret.
    public var clockSecret: Secret?
    /// The longest line of a client, in bytes.
    public var lineBytes = Limits().clientLineBytes
    /// The longest line of another server, in bytes.
    public var linkLineBytes = 1024 * 1024
    /// How many bytes unfinished lines may hold together. Above it the connection that holds most is closed.
    public var unfinishedBytes = 64 * 1024 * 1024
    /// How long a line, a TLS handshake or a balancer's header may take from its first byte to its end. A link of 100
    /// kB/s brings the longest line in that time.
    public var linePatience = Duration.seconds(10)
    /// How often it is looked whether one takes longer.
    static let unfinishedLook = Duration.seconds(1)
    /// How many bytes one origin takes in the vector of a client's `LOGIN`, in the longest usual form.
    static let originBytes = 64
    /// Origins that a client may have seen beyond those that this node knows.
    static let unknownOrigins = 1024
    /// How many levels of nesting a message may have.
    public var depth = 64
    /// How many bytes may wait in libuv for one link before the node is told that it is congested.
    public var handedOverBytes = 256 * 1024
    /// The same for a client's answers: this is memory for each of up to twenty thousand clients.
    public var handedOverClientBytes = 32 * 1024
    /// How many bytes of the log go into one message of a WebSocket, unless its first line is longer. So many may wait
    /// in libuv for a client that takes a part of it: memory for each of up to twenty thousand clients.
    static let frameBytes = 32 * 1024
    /// Whether messages of a WebSocket are compressed for clients that ask for it.
    public var webCompression = false
    /// How many bytes of compressed messages are kept while clients are served, for others at the same place.
    static let compressedBytes = 1024 * 1024
    /// After so many bytes of text that came compressed, in one turn, a client waits for the next one: a full read of
    /// plain text is as long.
    static let inflatedBytes = 64 * 1024
    /// What a request of HTTP may be: the longest body is a line.
    static let httpLimits = HTTPLimits()
    /// How long a program that says something over HTTP waits to hear that it is safe. Healing takes less.
    static let callPatience = Duration.seconds(5)
    /// From which pages browsers may connect, besides the node's own.
    public var webOrigins: [String] = []
    /// The files of the page by their paths; empty for no page.
    public var webFiles: [String: WebFile] = [:]
    /// TLS handshakes at a time: each holds up to some 30 KiB.
    public var handshakes = Self.standardHandshakes
    public static let standardHandshakes = 1000
    /// What a client that speaks TLS may send before it was answered, in bytes: one record, as long as it may be.
    static let helloBytes = 16_389
    /// A secret of the network with fewer characters is warned of: 16 letters and digits drawn at random are
    /// 95 bits.
    static let secretCharacters = 16
    /// How many keys of links are kept: a network has one secret, or one for each node; deriving one again costs 50 ms.
    public static let linkKeys = 64
    /// Reads the network's secrets again; nil if they are in no file.
    var rereadSecrets: (@Sendable () throws -> (first: String, second: String?))?
    /// Whether a server that doesn't encrypt links is spoken to in clear.
    public var takesPlainLinks = false
    /// How long a server may take to begin TLS before it counts as one that doesn't encrypt, for a node that speaks in
    /// clear then.
    static let plainPatience = Duration.milliseconds(300)
    /// How long such a server is remembered, in nanoseconds; then it may encrypt.
    static let plainMemoryNanoseconds: UInt64 = 60_000_000_000
    /// How many such servers are remembered.
    static let plainAddresses = 256
    /// How often it is looked whether the files of certificates have changed.
    static let certificateLook = Duration.seconds(10)
    /// The longest such file, in bytes: a chain of dozens of certificates.
    static let certificateBytes = 256 * 1024
    /// So long before its end a certificate is warned of, in seconds: 14 days, time enough for people on holiday.
    static let certificateWarningSeconds: Int64 = 14 * 86_400
    /// The pause between two such warnings, in nanoseconds: a day.
    static let certificateWarningPauseNanoseconds: UInt64 = 86_400_000_000_000
    /// The balancers, whose connections begin with a header.
    public var proxyFrom: [AddressRange] = []
    /// Connections of balancers without a header at a time; each may hold up to `ProxyHeader.limitBytes`, and a
    /// balancer writes the header at once.
    var proxyHeaders = 1000
    /// Bytes of what a server says first that are looked at to tell which protocol it speaks.
    static let openingBytes = 256
    /// Descriptors reserved for links besides the children, the database and administration.
    static let descriptorReserve = 64
    /// How many bytes of a peer's text a line of the log quotes.
    static let quotedBytes = 256
    /// How many connections there may be, and of which kinds.
    public var descriptorBudget = DescriptorBudget(descriptors: 1024, inUse: 0, children: 64)
    /// How many bytes the kernel may hold for one client that doesn't read. By the system's default each could pin 4
    /// MiB.
    public var sendBufferBytes = 256 * 1024
    /// How many bytes a client may lag before it is closed. The lag takes no memory besides the log's.
    public var lagBytes = Self.standardLagBytes
    public static let standardLagBytes = 64 * 1024 * 1024
    /// How long to wait whether a blank line is half of a length prefix.
    public var prefixPatience = Duration.milliseconds(200)
    /// How long a connection that is being closed may take to read its last answer.
    public var lingerLimit = Duration.seconds(2)
    /// The same for a client that has not taken earlier bytes, while descriptors are plentiful: a client that was busy
    /// or away for a moment can still read why it is closed.
    public var slowLingerLimit = Duration.seconds(30)
    /// The same while nearly all connections are in use.
    public var shortLingerLimit = Duration.milliseconds(100)
    /// When a connection is given up whose other end has vanished without closing it: within a minute, whether or not
    /// bytes wait for it. The kernel probes a silent client after 7 to 15 s, drawn for each, and then every 5 s; eight
    /// unanswered probes in a row are no accident. Of twenty thousand silent clients it probes some 1,800 in a second:
    /// that is little traffic, and often enough for most NATs (`Liveness`).
    public var liveness = Liveness(ofManyWithin: Self.standardVanishing)
    public static let standardVanishing = Duration.seconds(55)
    /// After this time a client that takes none of the bytes that wait for it here is closed.
    public var takenWithin = Self.standardTakenWithin
    public static let standardTakenWithin = Duration.seconds(60)
    /// The same for a neighbour: everybody's clients wait for it.
    public var linkTakenWithin = Limits().stuckAfter
    /// How often connections that take nothing of what waits for them are looked at: five times within that time.
    public var stallCheck = Duration.seconds(11)
    /// How many nanoseconds of one turn clients are served before links and timers are due again.
    public var sliceNanoseconds: UInt64 = 2_000_000
    public var sharing = Sharing()
    /// A clock server has to answer within this time.
    public var clockPatience = Duration.milliseconds(250)
    /// How many questions in a row a clock leaves unanswered before that is reported: four take a second, so a clock
    /// that pauses for a moment isn't reported.
    static let clockSilencesToTell = 4
    /// The longest answer of a clock, in bytes: a longer one isn't a clock's.
    static let clockAnswerBytes = 1024
    /// The pause between two rounds through all clocks, in milliseconds: they may just be electing a leader. It is
    /// drawn at random, so that nodes don't ask at the same time.
    static let clockRoundMilliseconds = 10...30
    /// How long a server that answers without stamps isn't asked, in nanoseconds: at first, and at most. It will have
    /// no stamps later either, but a clock may take its place.
    static let clockPauseNanoseconds: ClosedRange<UInt64> = 500_000_000...60_000_000_000
    /// The longest such pause for a clock that gives a reason, in nanoseconds: the reason may pass.
    static let clockRefusalNanoseconds: UInt64 = 5_000_000_000
    /// How long after the last answer an earlier epoch is accepted again, in nanoseconds. By then it isn't from a
    /// leader that was stopped, but from a clock that has lost its bound, and no stamps at all would be worse.
    static let epochMemoryNanoseconds: UInt64 = 10_000_000_000

    /// Names that lead to further nodes.
    public var seedNames: [SeedName] = []
    /// How often they are looked up by a node that is alone. Name servers keep an answer for as long or longer.
    static let seedNamesLook = Duration.seconds(5)
    /// How often they are looked up by a root that has others below it, in nanoseconds.
    static let seedNamesPauseNanoseconds: UInt64 = 60_000_000_000
    /// How many addresses of one name are taken: more than a network has nodes.
    static let addressesOfSeedName = 128

    /// The version that metrics and answers name.
    public var version = ""
    /// Connections to the admin port at a time. A Prometheus keeps one, people and health checks some.
    static let adminConnections = 16
    /// Bytes of the head of a request to the admin port. A browser sends about 700.
    static let adminHeadBytes = 8 * 1024
    /// Bytes of the body of such a request: none has a use for one.
    static let adminBodyBytes = 1024
    /// How long a request to the admin port, or the reading of its answer, may take.
    static let adminPatience = Duration.seconds(10)
    /// How long a connection to the admin port may say nothing between two requests: longer than the usual pauses
    /// between two scrapes.
    static let adminIdle = Duration.seconds(130)
    /// How often connections to the admin port are looked at.
    static let adminLook = Duration.seconds(1)
    /// Questions to the whole tree, for `/tree`, at a time: each asks every node.
    static let adminQuestions = 2

    /// How long a full pipe on standard output may keep a node from serving: its starter reads a line, or none.
    static let announceLimit = Duration.seconds(5)

    /// How often a node checks whether its files are still in their places.
    static let directoryLook = Duration.seconds(1)

    /// How long the process may take to end after the node has released everything: longer than the last answers take.
    /// It doesn't wait longer for a disk that hangs.
    static let endLimit = Duration.milliseconds(2500)
    /// The same after a second signal.
    static let sharpEndLimit = Duration.milliseconds(200)

    public init(clocks: [Address]) {
        self.clocks = clocks
    }

    /// How long lines may be on a connection that isn't a server's yet. A client that resumes names the origins that it
    /// has seen, most of which the node knows.
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
        public var mostTokens = 5e5
        /// A read that takes longer to handle, in nanoseconds, is loud. One that fills what was lent is, in any case.
        public var loudTime = 2.5e5
        /// So many loud reads in a row make a client loud.
        public var loudReads: UInt8 = 4
        /// What it takes to deliver a byte to one listener, in nanoseconds: the kernel copies it.
        public var nanosecondsPerDelivered = 0.3
        /// The part of the listeners that may lag before loud clients wait for them.
        public var mostWaiting = 0.25
        /// The least that is read of a client, in bytes: a few lines.
        public var leastBytes = 2048
        /// What is read of a client as long as nobody loud has shown what a byte costs.
        public var unknownBytes = 16_384
        /// A client that says no more than this at a time, in bytes, is quiet.
        public var quietBytes = 4096
        /// For so long a quiet client is reckoned with after it said something.
        public var memory = Duration.seconds(2)

        /// The part of the time in which TLS handshakes begin while there is a quiet client.
        public var handshakes = 0.5
        /// The most that they may use at once, in nanoseconds: one or two of them.
        public var mostHandshakeTime = 4e5

        public init() {}
    }
}
