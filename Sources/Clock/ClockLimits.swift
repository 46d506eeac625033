import Tree
import UV

/// Every limit of the clock, with its unit and its reason.
public struct ClockLimits: Hashable, Sendable {
    // MARK: Stamps

    /// How far the saved bound is put ahead of the wall clock. A restart skips at most so much.
    public var reserve: Duration = .seconds(3)
    /// The bound is moved on when less than this is left: the disk may be so slow before anybody waits for it.
    public var extendBelow: Duration = .milliseconds(1500)
    /// How far at least the saved bound is put ahead of the next stamp: so many milliseconds' stamps, 67 million.
    /// Stamps that are ahead of the wall clock are used up by their number, not by time.
    public var reserveStamps: Duration = .milliseconds(256)
    /// The same for moving the bound on: at 38 million stamps a second that leaves the disk nearly a second.
    public var extendBelowStamps: Duration = .milliseconds(128)
    /// After so many ticks (seconds) in which nobody asked, an idle clock leaves the disk alone.
    public var idleTicks = 60
    /// How often an idle clock is looked at, and connections that keep it waiting.
    static let tick = Duration.seconds(1)
    /// Stamps that lie further ahead of the wall clock after a start are told of: the wall clock was set back.
    var aheadToTell: Duration { reserve * 2 }
    /// How far ahead of the clock's own time stamps may be pulled, by what askers have seen: `--max-clock-skew`.
    public var skew: Duration = .seconds(10)
    /// Stamps in one batch: as many as one millisecond has.
    public var batch = 1 << Int(Stamp.counterBits)

    // MARK: Several clocks

    /// The length of the leader's lease in etcd, 2 to 60: `--lease`. So long, and up to half a second more, nobody
    /// leads after a leader has died without a word; 2 is the least that etcd grants with its own defaults.
    public var leaseSeconds: Int64 = 2
    /// How much of the lease a leader relies on. The rest is for clocks that run at different speeds, and for the way
    /// of an answer that was written in time.
    public var leaseShare = 0.8
    /// How often the lease is renewed: often enough for two renewals to get lost.
    public var renewal: Duration { .milliseconds(leaseSeconds * 250) }
    /// How often a standby looks whether there is a leader. A look takes a millisecond of etcd.
    public var lookPause: Duration = .milliseconds(200)
    /// When something that a reign depends on is tried again.
    public var retryPause: Duration = .milliseconds(50)
    /// When keys that are no clock's are looked at again.
    public var unreadablePause: Duration = .seconds(5)
    /// An answer of etcd that takes longer is unknown. A member whose leader has just died would keep it for 7 s.
    public var etcdPatience: Duration = .seconds(1)
    /// After so long without an answer the next member is asked too.
    public var nextMemberAfter: Duration = .milliseconds(300)
    /// Bytes of an answer of etcd; the longest has about 1,000.
    public var etcdAnswerBytes = 64 * 1024

    // MARK: Connections

    /// Bytes of a line. The longest request has about 80.
    public var lineBytes = 4096
    /// Connections at once; who comes past it is told and closed. Each node keeps one.
    public var connections = 4096
    /// A connection that has sent no whole request for so long after it was opened, or that has stopped in the
    /// middle of one, is closed.
    public var patience: Duration = .seconds(10)
    /// Answers that wait for a reader who doesn't read, in bytes; past it the connection is closed.
    public var unreadBytes = 64 * 1024
    /// When an asker that has vanished without a word is given up: its descriptor comes back within a minute.
    public var liveness = Liveness(within: .seconds(55))
    /// How long the last word to a connection may take.
    public var goodbye: Duration = .seconds(2)
    /// How long the clock waits for its connections when it is told to end.
    public var endGoodbye: Duration = .milliseconds(500)

    // MARK: The program

    /// Bytes of the file with the saved bound. It has less than 200.
    static let savedBytes = 4096
    /// How long a full pipe on standard output may keep the clock from serving.
    static let announceLimit = Duration.seconds(5)
    /// How long the end may take: etcd has its second to let a standby take over, and a disk that hangs isn't waited
    /// for.
    static let endLimit = Duration.milliseconds(2500)
    /// The same after a second signal.
    static let sharpEndLimit = Duration.milliseconds(200)

    public init() {}
}
