import Glibc

/// How a socket notices that the machine at its other end has vanished without a word, since it lost power, or a NAT
/// between has forgotten the connection.
///
/// There are three cases, and each needs a means of its own:
///
/// ```
///   nothing to send     keepalive asks after `idle`, then every `interval`; `probes` unanswered ones are the end
///   something unacked   TCP_USER_TIMEOUT: `unacknowledged` after it was sent
///   window closed       `isLost(of:)`, asked by the owner now and then
/// ```
/// TCP_USER_TIMEOUT also limits the first case, whatever `probes` says. So it must not be shorter than `idle + probes *
/// interval`. It would also limit the third case, and end a client that is alive and only doesn't read. So in the third
/// case it has to be off.
///
/// A crowd that comes at once must not be asked at once. The kernel's timers are the coarser the longer they run:
/// 256 ms below 16 s, 2 s above (on machines that count 250 ticks a second). All questions of one such step are sent
/// in one go, and a queue on their way takes about a thousand packets (`net.core.netdev_max_backlog`, `txqueuelen`).
/// The others are dropped, in every round the same. 15,000 of 18,000 idle clients that had come within a second were
/// cut off that way. So each connection of a listener draws its `idle` between `earliestIdle` and `idle`.
public struct Liveness: Hashable, Sendable {
    /// The silence after which the kernel asks for the first time at the earliest. Whole seconds, at least one: the
    /// kernel counts in seconds.
    public var earliestIdle: Duration
    /// The silence after which the kernel asks for the first time at the latest. Whole seconds.
    public var idle: Duration
    /// The time between two questions. Whole seconds, at least one.
    public var interval: Duration
    public var probes: Int
    /// How long sent bytes may stay unacknowledged.
    public var unacknowledged: Duration

    public init(idle: Duration, interval: Duration, probes: Int, unacknowledged: Duration) {
        earliestIdle = idle
        self.idle = idle
        self.interval = interval
        self.probes = probes
        self.unacknowledged = unacknowledged
    }

    /// Detects all three cases within one time: three questions stand at its end, and each has an eleventh of the time
    /// for its answer.
    ///
    /// - Parameter limit: at least 4 seconds.
    public init(within limit: Duration) {
        let interval = Duration.seconds(max(1, limit.components.seconds / 11))
        self.init(idle: limit - interval * 3, interval: interval, probes: 3, unacknowledged: limit)
    }

    /// Detects all three cases within one time, for connections that come by the thousand. They are asked earlier than
    /// single ones, at drawn times, and more often: that makes up for questions which are dropped for want of room.
    ///
    /// - Parameter limit: at least 4 seconds. Up to a minute the kernel's timers spread them finely.
    public init(ofManyWithin limit: Duration) {
        let seconds = limit.components.seconds
        let interval = max(1, seconds / 11)
        let idle = max(2, seconds * 3 / 11)
        self.init(
            idle: .seconds(idle), interval: .seconds(interval), probes: Int((seconds - idle) / interval),
            unacknowledged: limit)
        earliestIdle = .seconds(max(1, idle / 2))
    }

    fileprivate var timeoutMilliseconds: Int32 {
        Int32(clamping: unacknowledged.waitMilliseconds)
    }
}

extension Stream {
    public func setLiveness(_ liveness: Liveness) {
        SocketOption.setLiveness(descriptor, liveness)
    }

    /// Draws when an accepted connection is asked whether it lives. It has all other options from its listener.
    func drawIdleTime(of liveness: Liveness) {
        let seconds = liveness.earliestIdle.components.seconds...liveness.idle.components.seconds
        SocketOption.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, Int32(clamping: Int64.random(in: seconds)))
    }

    /// Judges a stream whose queue doesn't move. To be called every few seconds, at shorter intervals than
    /// `unacknowledged`, while bytes are queued, and once afterwards.
    ///
    /// A peer whose window is closed is alive as long as it answers the kernel's questions, and may take its time. The
    /// kernel asks more and more rarely, in the end every two minutes. So it takes minutes to notice that a peer has
    /// vanished if it hadn't read for long before.
    ///
    /// - Returns: whether the other side is lost.
    public func isLost(by liveness: Liveness) -> Bool {
        guard let info = tcpInfo else { return false }
        let isWindowClosed = queuedBytes > 0 && info.tcpi_unacked == 0
        let timeout = isWindowClosed ? 0 : liveness.timeoutMilliseconds
        SocketOption.set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, timeout)
        // One question may be under way at this moment, or a single one may have been lost.
        return isWindowClosed && info.tcpi_probes >= 2 && Int64(info.tcpi_last_ack_recv) > liveness.timeoutMilliseconds
    }

    /// What the kernel knows of the connection.
    private var tcpInfo: tcp_info? {
        guard descriptor >= 0 else { return nil }
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 ? info : nil
    }
}

extension Listener {
    /// As `Stream.setLiveness`, for all future connections. They inherit the options, and each draws when it is asked.
    public func setLiveness(_ liveness: Liveness) {
        SocketOption.setLiveness(descriptor, liveness)
        self.liveness = liveness
    }
}

extension SocketOption {
    static func setLiveness(_ descriptor: Int32, _ liveness: Liveness) {
        let tcp = Int32(IPPROTO_TCP)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, tcp, TCP_KEEPIDLE, seconds(liveness.idle))
        set(descriptor, tcp, TCP_KEEPINTVL, seconds(liveness.interval))
        set(descriptor, tcp, TCP_KEEPCNT, Int32(clamping: max(1, liveness.probes)))
        set(descriptor, tcp, TCP_USER_TIMEOUT, liveness.timeoutMilliseconds)
    }
}
