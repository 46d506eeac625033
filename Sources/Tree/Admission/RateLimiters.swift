/// A token bucket that fills evenly: each message takes one token (docs/protocol.md#limits).
struct TokenBucket {
    private var tokens: Double
    private var filledAt: Instant

    /// - Parameter rate: tokens a second, and the bucket's size.
    init(rate: Int, at now: Instant) {
        tokens = Double(rate)
        filledAt = now
    }

    /// Takes a token. The bucket may go below zero.
    mutating func take(rate: Int, at now: Instant) {
        fill(rate: rate, at: now)
        tokens -= 1
    }

    mutating func fill(rate: Int, at now: Instant) {
        let seconds = Double((now - filledAt).wholeNanoseconds) / 1e9
        tokens = min(Double(rate), tokens + seconds * Double(rate))
        filledAt = now
    }

    /// How long until there is a token; nil if there is one.
    func wait(rate: Int) -> Duration? {
        tokens >= 1 ? nil : .nanoseconds(Int64((1 - tokens) / Double(rate) * 1e9) + 1)
    }
}

/// Decides how fast each client may speak. A client whose bucket is empty isn't read from until it has a token again;
/// nothing is dropped.
struct RateLimiters {
    private struct Limited {
        var bucket: TokenBucket
        /// Whether it is in `waiting`.
        var isWaiting = false
        var wasTold = false
    }

    /// Clients that have said something, if there is a limit.
    private var clients: [ConnectionID: Limited] = [:]
    /// Clients that wait for a token, the longest waiting first.
    private var waiting: [ConnectionID] = []

    /// A client has said something.
    ///
    /// - Parameter rate: messages a second.
    /// - Returns: how long it has to wait before it may say more; nil if it need not wait.
    mutating func said(by connection: ConnectionID, rate: Int, at now: Instant) -> Duration? {
        clients[connection, default: Limited(bucket: TokenBucket(rate: rate, at: now))].bucket.take(rate: rate, at: now)
        guard let client = clients[connection], let wait = client.bucket.wait(rate: rate) else { return nil }
        if !client.isWaiting {
            clients[connection]!.isWaiting = true
            waiting.append(connection)
        }
        return wait
    }

    /// Time has passed: clients that have a token again may speak.
    ///
    /// - Returns: the clients that may speak, and how long the next one has to wait.
    mutating func refill(rate: Int, at now: Instant) -> (ready: [ConnectionID], next: Duration?) {
        var ready: [ConnectionID] = []
        var next: Duration?
        let waited = waiting
        waiting.removeAll()
        for connection in waited {
            clients[connection]!.bucket.fill(rate: rate, at: now)
            if let wait = clients[connection]!.bucket.wait(rate: rate) {
                waiting.append(connection)
                next = min(next ?? wait, wait)
            } else {
                clients[connection]!.isWaiting = false
                ready.append(connection)
            }
        }
        return (ready, next)
    }

    /// Whether a client is still to be told why it isn't read from. It is told once.
    mutating func isToBeTold(_ connection: ConnectionID) -> Bool {
        guard clients[connection]?.wasTold == false else { return false }
        clients[connection]!.wasTold = true
        return true
    }

    mutating func forget(_ connection: ConnectionID) {
        guard !clients.isEmpty, let client = clients.removeValue(forKey: connection) else { return }
        if client.isWaiting { waiting.removeAll { $0 == connection } }
    }
}

extension Node {
    /// A client has said something: it may have to wait before it says more.
    func limitRate(of connection: ConnectionID) {
        let rate = limits.messagesPerSecond
        guard rate > 0, let wait = admission.rateLimiters.said(by: connection, rate: rate, at: now.instant) else {
            return
        }
        stopReading(connection, for: .rateLimited)
        timers.set(.rateLimit, noLaterThan: now.instant + wait)
        if sessions[connection]?.wantsNotices == true, admission.rateLimiters.isToBeTold(connection) {
            send(.notice(info: "more than \(rate) messages a second: you are read from at that rate"), to: connection)
        }
    }

    /// Reads again from clients that have a token.
    func refillRateLimiters() {
        let (ready, next) = admission.rateLimiters.refill(rate: limits.messagesPerSecond, at: now.instant)
        for connection in ready { readAgain(connection, after: .rateLimited) }
        if let next { timers.set(.rateLimit, noLaterThan: now.instant + next) }
    }
}
