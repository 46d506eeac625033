/// Every limit of a flood, with its unit and its reason.
public struct FloodLimits: Sendable {
    /// Clients of one process: a process has 20,000 descriptors on many systems, and needs some for itself.
    public var clientsPerWorker = 19_000
    /// Clients of one source address: the system gives each about 28,000 ports, of which it looks through one half
    /// before the other, one by one: from about 14,000 connections on each further one would take it milliseconds.
    public var clientsPerSource = 7_000
    /// Past this many a machine's memory for sockets is the limit.
    public var clients = 1_000_000
    /// A sender's number has four digits of base 16 in each message.
    public var senders = 65_536
    /// A node takes lines of up to 64 KiB.
    public var payloadBytes = 60_000
    public var window = 1_000_000
    /// Connections of a process that are being made at once: less than what a listener keeps waiting.
    public var connecting = 512
    public var connectTimeout: Duration = .seconds(10)
    /// From the connection to the login; registering costs the server some tens of milliseconds each.
    public var loginTimeout: Duration = .seconds(60)
    /// Attempts of a client to get in.
    public var attempts = 3
    /// Bytes that a sender leaves with libuv before it makes more messages.
    public var queuedBytes = 4 << 20
    /// Of the messages that are kept to compare with, for each server and worker.
    public var transcriptBytes = 32 << 20
    /// How often workers report.
    public var interval: Duration = .seconds(1)
    /// The most that can be asked for: messages a second, and reconnections a second.
    static let rate = 1e7
    static let churn = 1e5
    /// The slow clients of a hundred: some have to read.
    static let slowPercent = 0.0...90
    static let duration = Duration.seconds(24 * 3600)
    /// How often connections that are due are begun, and reconnections: some at a time even at the highest rates.
    static let rampTick = Duration.milliseconds(5)
    static let churnTick = Duration.milliseconds(10)
    /// How often it is looked whether the last deliveries have come.
    static let arrivalTick = Duration.milliseconds(20)
    /// The longest line of a worker, in bytes: a report lists every latency that occurred, to three
    /// digits.
    static let workerLineBytes = 16 << 20

    public init() {}
}
