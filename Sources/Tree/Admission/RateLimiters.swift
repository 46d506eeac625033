/// A bucket of tokens that fills evenly: each message takes one, or each byte (docs/protocol.md#limits).
struct TokenBucket {
    private var tokens: Double
    private var filledAt: Instant

    /// - Parameter size: as many tokens fit in, and are in it now.
    init(size: Int, at now: Instant) {
        tokens = Double(size)
        filledAt = now
    }

    /// Takes tokens, which may be some that aren't there yet.
    ///
    /// - Parameter rate: tokens that come in a second.
    /// - Returns: when there is one again; nil if there is one.
    mutating func take(_ count: Int, size: Int, rate: Int, at now: Instant) -> Instant? {
        let seconds = Double((now - filledAt).wholeNanoseconds) / 1e9
        tokens = min(Double(size), tokens + seconds * Double(rate)) - Double(count)
        filledAt = now
        return tokens >= 1 ? nil : now + .nanoseconds(Int64((1 - tokens) / Double(rate) * 1e9) + 1)
    }
}

extension TokenBucket {
    /// Takes tokens if there is one at least.
    mutating func takeIfAny(_ count: Int, size: Int, rate: Int, at now: Instant) -> Bool {
        guard take(0, size: size, rate: rate, at: now) == nil else { return false }
        _ = take(count, size: size, rate: rate, at: now)
        return true
    }
}

/// Decides how fast each client may speak. One whose bucket is empty isn't read from until there is a token again;
/// nothing is dropped.
///
/// While it isn't read from, nothing is taken from its bucket: so it is known when there will be a token, and those who
/// wait cost nothing until then.
struct RateLimiters {
    /// How much a client may say in a second.
    struct Rate {
        /// Messages or bytes.
        let perSecond: Int
        /// So many may come at once.
        let burst: Int
    }

    private struct Limited {
        var messages: TokenBucket?
        var bytes: TokenBucket?
        var wasTold = false
        var wasReported = false
    }

    /// Clients that have said something, if there is a limit.
    private var clients: [ConnectionID: Limited] = [:]
    /// When those who wait may go on.
    private var waiting = Deadlines()

    var count: Int { clients.count }
    var waitingCount: Int { waiting.count }

    /// A client has said something.
    ///
    /// - Returns: when it may say more; nil if it may now.
    mutating func said(by connection: ConnectionID, _ rate: Rate, at now: Instant) -> Instant? {
        charge(1, to: connection, \.messages, rate, at: now)
    }

    /// So many bytes of a client have been read.
    ///
    /// - Returns: when it is read from again; nil if it is now.
    mutating func read(_ bytes: Int, of connection: ConnectionID, _ rate: Rate, at now: Instant) -> Instant? {
        charge(bytes, to: connection, \.bytes, rate, at: now)
    }

    private mutating func charge(
        _ count: Int, to connection: ConnectionID, _ bucket: WritableKeyPath<Limited, TokenBucket?>, _ rate: Rate,
        at now: Instant
    ) -> Instant? {
        var client = clients[connection] ?? Limited()
        var tokens = client[keyPath: bucket] ?? TokenBucket(size: rate.burst, at: now)
        let free = tokens.take(count, size: rate.burst, rate: rate.perSecond, at: now)
        client[keyPath: bucket] = tokens
        clients[connection] = client
        guard let free else { return nil }
        // The other bucket may need longer.
        let until = max(free, waiting[connection] ?? free)
        waiting.set(connection, at: until)
        return until
    }

    /// Time has passed.
    ///
    /// - Returns: those who may speak again, whoever may first before the others, and when the next one may.
    mutating func takeReady(at now: Instant) -> (ready: [ConnectionID], next: Instant?) {
        var ready: [ConnectionID] = []
        while let connection = waiting.takeDue(at: now) { ready.append(connection) }
        return (ready, waiting.next())
    }

    /// Whether a client is still to be told why it isn't read from. It is told once.
    mutating func isToBeTold(_ connection: ConnectionID) -> Bool {
        guard clients[connection]?.wasTold == false else { return false }
        clients[connection]!.wasTold = true
        return true
    }

    /// Whether the operator is still to be told of this client. That is done once.
    mutating func isToBeReported(_ connection: ConnectionID) -> Bool {
        guard clients[connection]?.wasReported == false else { return false }
        clients[connection]!.wasReported = true
        return true
    }

    mutating func forget(_ connection: ConnectionID) {
        guard !clients.isEmpty, clients.removeValue(forKey: connection) != nil else { return }
        waiting.clear(connection)
    }
}

extension Node {
    /// A client or a tool has said something, whatever it is: it may have to wait before it says more.
    func limitRate(of connection: ConnectionID) {
        let rate = limits.messagesPerSecond
        guard rate > 0 else { return }
        let until = admission.rateLimiters.said(by: connection, .init(perSecond: rate, burst: rate), at: now.instant)
        if let until { slowDown(connection, until: until, .messages, rate) }
    }

    /// So many bytes of a connection have been read. A client may have to wait before more are; what strangers and
    /// links send has other bounds.
    func countRead(_ bytes: Int, of connection: ConnectionID) {
        let rate = limits.bytesPerSecond
        guard rate > 0, sessions.contains(connection) else { return }
        // The longest line fits in, so that a client that says one now and then never waits.
        let burst = max(rate, limits.clientLineBytes)
        let until = admission.rateLimiters.read(
            bytes, of: connection, .init(perSecond: rate, burst: burst), at: now.instant)
        if let until { slowDown(connection, until: until, .bytes, rate) }
    }

    private func slowDown(_ connection: ConnectionID, until: Instant, _ unit: RateUnit, _ rate: Int) {
        stopReading(connection, for: .rateLimited)
        timers.set(.rateLimit, noLaterThan: until)
        counters.clientWasRateLimited()
        if admission.rateLimiters.isToBeReported(connection) { report(.rateLimited(connection, unit, rate)) }
        guard sessions[connection]?.wantsNotices == true, admission.rateLimiters.isToBeTold(connection) else { return }
        send(
            .notice(info: "more than \(rate) \(unit.rawValue) a second: you are read from at that rate"), to: connection
        )
    }

    /// Those who may speak again are read from.
    func refillRateLimiters() {
        let (ready, next) = admission.rateLimiters.takeReady(at: now.instant)
        for connection in ready { readAgain(connection, after: .rateLimited) }
        if let next { timers.set(.rateLimit, noLaterThan: next) }
    }
}
