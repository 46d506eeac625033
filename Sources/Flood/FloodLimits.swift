/// Every limit of a flood, with its unit and its reason.
public struct FloodLimits: Sendable {
    /// Clients of one process. On many systems a process has 20,000 descriptors, and needs some for itself.
    public var clientsPerWorker = 19_000
    /// Clients of one source address. The system gives each address about 28,000 ports, and looks through one half of
    /// them before the other, one by one. From about 14,000 connections on, each further one would take it
    /// milliseconds.
    public var clientsPerSource = 7_000
    /// Clients of a run. With more, the machine's memory for sockets would be the limit.
    public var clients = 1_000_000
    /// A sender's number has four hexadecimal digits in each message.
    public var senders = 65_536
    /// The longest payload, in bytes. A node takes lines of up to 64 KiB.
    public var payloadBytes = 60_000
    public var window = 1_000_000
    /// Connections that one process makes at the same time: fewer than a listener lets wait.
    public var connecting = 512
    public var connectTimeout: Duration = .seconds(10)
    /// The time from the connection to the login. Registering a name costs the server some tens of milliseconds.
    public var loginTimeout: Duration = .seconds(60)
    /// How often a client tries to get in.
    public var attempts = 3
    /// For so long a client goes on that every server turns away.
    public var fullPatience: Duration = .seconds(60)
    /// The pause after the first server that takes nobody; it doubles from one to the next, up to the longest.
    static let fullPauses = Duration.milliseconds(200) ... .seconds(5)
    /// How often it is looked whose pause is over.
    static let pauseTick = Duration.milliseconds(10)
    /// Who was sent on within this time tells the next server, which keeps it.
    static let redirectMemory = Duration.seconds(60)
    /// Bytes in libuv's queue from which a sender makes no further messages.
    public var queuedBytes = 4 << 20
    /// Bytes of messages that are kept for comparison, for each server in each worker.
    public var transcriptBytes = 32 << 20
    /// How often workers report.
    public var interval: Duration = .seconds(1)
    /// The most that can be asked for: messages a second, and below it reconnections a second.
    static let rate = 1e7
    static let churn = 1e5
    /// The share of slow clients, in percent. Some clients have to read.
    static let slowPercent = 0.0...90
    static let duration = Duration.seconds(24 * 3600)
    /// How often connections, and below it reconnections, that are due are begun. Even at the highest rates only some
    /// are due at a time.
    static let rampTick = Duration.milliseconds(5)
    static let churnTick = Duration.milliseconds(10)
    /// How often the end of a run checks whether the last deliveries have come.
    static let arrivalTick = Duration.milliseconds(20)
    /// The longest line of a worker, in bytes. A report lists every latency that occurred, to three digits.
    static let workerLineBytes = 16 << 20

    public init() {}
}
