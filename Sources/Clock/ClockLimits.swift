import Tree
import UV

/// Every limit of the clock, with its unit and its reason.
public struct ClockLimits: Hashable, Sendable {
    // MARK: Stamps

    /// How far the saved bound is put ahead of the wall clock. A restart skips at most as many stamps as that time has.
    public var reserve: Duration = .seconds(3)
    /// The bound is moved on when less than this is left. A write may take that long before an asker has to wait for
    /// the disk.
    public var extendBelow: Duration = .milliseconds(1500)
    /// How far at least the saved bound is put ahead of the next stamp, counted in milliseconds of 262,144 stamps: 67
    /// million stamps. While the stamps are ahead of the wall clock they are used up by number, not by time.
    public var reserveStamps: Duration = .milliseconds(256)
    /// As `extendBelow`, by number: at 38 million stamps a second it leaves the disk nearly a second.
    public var extendBelowStamps: Duration = .milliseconds(128)
    /// After this many ticks (seconds) without a question, an idle clock writes no more bounds.
    public var idleTicks = 60
    /// How often the clock checks whether it is idle, and which connections keep it waiting.
    static let tick = Duration.seconds(1)
    /// If the first stamps after a start lie further ahead of the wall clock, the log says so: the wall clock was set
    /// back.
    var aheadToTell: Duration { reserve * 2 }
    /// How far askers may pull the stamps ahead of the clock's own time, by what they have seen: `--max-clock-skew`.
    public var skew: Duration = .seconds(10)
    /// The most stamps in one batch: as many as one millisecond has.
    public var batch = 1 << Int(Stamp.counterBits)

    // MARK: Shares

    /// How far the stamps may run ahead of the clock's time before each asker has its share only. Up to there a lone
    /// asker gets all that it wants.
    public var unsharedAhead: Duration = .seconds(1)
    /// How many stamps all askers together share in a window, once the stamps run ahead: half of those that time
    /// brings, so that the stamps come back to the time.
    public var sharedStamps: UInt64 = 500 << UInt64(Stamp.counterBits)
    /// Askers are counted for so long. An asker that has used up its share waits no longer than this.
    public var shareWindow: Duration = .seconds(1)
    /// The most stamps of a question that counts for its connection alone, and may take the last stamps of all. A node
    /// asks for more only if thousands of messages came within one round trip to the clock.
    public var smallQuestion: UInt64 = 4096
    /// How many connections are counted in a window, each with some 50 bytes: four times as many as there may be at
    /// once.
    public var askersCounted = 16_384

    // MARK: Several clocks

    /// The length of the leader's lease in etcd, in seconds, 2 to 60: `--lease`. When a leader dies without a word,
    /// no clock leads for this long and up to half a second more. 2 is the least that etcd grants by default.
    public var leaseSeconds: Int64 = 2
    /// The share of the lease that a leader relies on. The rest allows for clocks that run at different speeds, and for
    /// the time that an answer, sent before the deadline, takes on its way.
    public var leaseShare = 0.8
    /// How often the lease is renewed. Two renewals in a row may get lost.
    public var renewal: Duration { .milliseconds(leaseSeconds * 250) }
    /// How often a standby looks whether there is a leader. A look costs etcd about a millisecond.
    public var lookPause: Duration = .milliseconds(200)
    /// The pause before a leader or candidate repeats a request that failed.
    public var retryPause: Duration = .milliseconds(50)
    /// The pause before keys that no clock has written are read again.
    public var unreadablePause: Duration = .seconds(5)
    /// After this long without an answer from etcd, it is unknown whether the request was carried out. A member whose
    /// leader has just died would keep the request for 7 s.
    public var etcdPatience: Duration = .seconds(1)
    /// After this long without an answer the next member is asked too.
    public var nextMemberAfter: Duration = .milliseconds(300)
    /// The longest answer of etcd that is read, in bytes. Real ones have up to about 1,000.
    public var etcdAnswerBytes = 64 * 1024

    // MARK: Connections

    /// The longest line, in bytes. The longest request has about 80.
    public var lineBytes = 4096
    /// What an asker that speaks TLS may send before it was answered, in bytes: one record, as long as it may be.
    public var helloBytes = 16_389
    /// How long handshakes may take at a time, in nanoseconds, before questions are read again. A handshake costs some
    /// hundred microseconds.
    public var handshakeNanoseconds: UInt64 = 2_000_000
    /// Connections at once. A connection beyond that is told so and closed. Each node keeps one.
    public var connections = 4096
    /// Connections at once from one address: `--max-connections-per-address`. Never more than half of all: one address
    /// must not hold all places. Nodes behind one NAT, or many on one machine, are far fewer.
    public var connectionsPerAddress = 1024
    /// A connection is closed if it has asked nothing for this long after an answer: `--idle-timeout`; zero stands for
    /// never. A node asks each second.
    public var idle: Duration = .seconds(60)
    /// A connection is closed if it has sent no whole request for this long after it was opened, or has stopped in the
    /// middle of one.
    public var patience: Duration = .seconds(10)
    /// How many bytes of answers may wait for an asker that doesn't read. Beyond that the connection is closed.
    public var unreadBytes = 64 * 1024
    /// When an asker that has vanished without a word is given up, so that its descriptor is free again within a
    /// minute.
    public var liveness = Liveness(ofManyWithin: .seconds(55))
    /// How long a connection may take to read its last answer before it is closed.
    public var goodbye: Duration = .seconds(2)
    /// How long the clock waits for its connections to close when it ends.
    public var endGoodbye: Duration = .milliseconds(500)

    // MARK: The program

    /// The longest file with a saved bound that is read, in bytes. A real one has less than 200.
    static let savedBytes = 4096
    /// How long a full pipe on standard output may keep the clock from serving.
    static let announceLimit = Duration.seconds(5)
    /// How long the clock may take to end. That leaves etcd its second to free the leader's key for a standby. A disk
    /// that hangs isn't waited for.
    static let endLimit = Duration.milliseconds(2500)
    /// As `endLimit`, after a second signal.
    static let sharpEndLimit = Duration.milliseconds(200)

    public init() {}
}
