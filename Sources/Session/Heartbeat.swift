import Tree

/// When a `PING` is due, and when a silent server is given up.
///
/// A server whose machine vanished, or whose process stands still, closes no connection. So the session asks for a sign
/// of life after a silence. It asks only servers that are known to have the command: another one would close the
/// connection.
struct Heartbeat {
    enum Pulse {
        case alive
        /// A `PING` is to be sent.
        case ping
        case lost
    }

    private let limits: SessionLimits
    private var knowsPing = false
    /// After so long without a message to the server it wants a `PING`.
    private var idlePause: Duration?
    private var saidAt = Instant(nanoseconds: 0)
    private var heardAt = Instant(nanoseconds: 0)
    /// When the `PING` was sent after which nothing has come yet.
    private var askedAt: Instant?
    private var isReading = true
    /// The server has said that it takes messages only as fast as a slow link does.
    var isHeldBack = false

    init(_ limits: SessionLimits) {
        self.limits = limits
    }

    /// A login has succeeded.
    ///
    /// - Parameter idleSeconds: after so long without a message the server closes a client.
    mutating func begin(knowsPing: Bool, idleSeconds: Int?, _ now: Instant) {
        self.knowsPing = knowsPing && limits.silence != nil
        idlePause = idleSeconds.flatMap { seconds in
            guard SessionLimits.idleSeconds.contains(seconds) else { return nil }
            return max(.seconds(seconds) / SessionLimits.pingsPerIdleTimeout, SessionLimits.shortestPingPause)
        }
        saidAt = now
        isHeldBack = false
        heard(now)
    }

    mutating func said(_ now: Instant) { saidAt = now }

    mutating func heard(_ now: Instant) {
        heardAt = now
        askedAt = nil
    }

    /// While the program is behind and nothing is read, a silence says nothing about the server.
    mutating func reading(_ isReading: Bool, _ now: Instant) {
        self.isReading = isReading
        heard(now)
    }

    var deadline: Instant? { [pingAt, lostAt].compactMap(\.self).min() }

    mutating func check(_ now: Instant) -> Pulse {
        if let lostAt, now >= lostAt {
            // If this program stood still itself, the answer may lie unread.
            if now <= lostAt + limits.lateness { return .lost }
            askedAt = now
            return .ping
        }
        if let pingAt, now >= pingAt {
            if askedAt == nil, knowsPing { askedAt = now }
            return .ping
        }
        return .alive
    }

    private var pingAt: Instant? {
        let idleAt = idlePause.map { saidAt + $0 }
        guard let silence = limits.silence, knowsPing, isReading, askedAt == nil else { return idleAt }
        return [idleAt, heardAt + silence].compactMap(\.self).min()
    }

    private var lostAt: Instant? {
        guard let askedAt, isReading else { return nil }
        return askedAt + (isHeldBack ? limits.heldBackPatience : limits.silencePatience)
    }
}
