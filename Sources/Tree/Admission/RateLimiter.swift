/// How fast a client may speak: a bucket of tokens that fills evenly (docs/protocol.md#limits). A client whose bucket
/// is empty isn't read from until there is a token again; nothing is dropped.
struct RateLimiter {
    private var tokens: Double
    private var filledAt: Instant
    var isHeld = false
    var wasTold = false

    init(rate: Int, at now: Instant) {
        tokens = Double(rate)
        filledAt = now
    }

    /// A second's worth may be said at once.
    mutating func take(rate: Int, at now: Instant) {
        fill(rate: rate, at: now)
        tokens -= 1
    }

    mutating func fill(rate: Int, at now: Instant) {
        let seconds = Double((now - filledAt).wholeNanoseconds) / 1e9
        tokens = min(Double(rate), tokens + seconds * Double(rate))
        filledAt = now
    }

    /// When there is a token; nil if there is one.
    func wait(rate: Int) -> Duration? {
        tokens >= 1 ? nil : .nanoseconds(Int64((1 - tokens) / Double(rate) * 1e9) + 1)
    }
}

extension Node {
    /// A client has said something: it may have to wait before it says more.
    func pace(_ connection: ConnectionID) {
        let rate = limits.messagesPerSecond
        guard rate > 0 else { return }
        admission.paces[connection, default: RateLimiter(rate: rate, at: now.instant)].take(rate: rate, at: now.instant)
        guard let wait = admission.paces[connection]!.wait(rate: rate) else { return }
        if !admission.paces[connection]!.isHeld { admission.paced.append(connection) }
        admission.paces[connection]!.isHeld = true
        emit(.pause(connection))
        timers.set(.pace, noLaterThan: now.instant + wait)
        if !admission.paces[connection]!.wasTold, sessions[connection]?.wantsNotices == true {
            admission.paces[connection]!.wasTold = true
            send(.notice(info: "more than \(rate) messages a second: you are read from at that rate"), to: connection)
        }
    }

    /// Those who may speak again are read from.
    func releasePaced() {
        let rate = limits.messagesPerSecond
        let held = admission.paced
        admission.paced.removeAll()
        for connection in held where admission.paces[connection] != nil {
            admission.paces[connection]!.fill(rate: rate, at: now.instant)
            if let wait = admission.paces[connection]!.wait(rate: rate) {
                admission.paced.append(connection)
                timers.set(.pace, noLaterThan: now.instant + wait)
            } else {
                admission.paces[connection]!.isHeld = false
                readAgain(connection)
            }
        }
    }
}
