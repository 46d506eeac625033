import DequeModule

/// Remembers sessions whose client was cut as too slow, so that the next login of each is told why: a client that
/// doesn't read may never have read it.
struct CutSessions {
    private var reasons: [String: String] = [:]
    /// In the order in which they were cut. Those that were told are skipped.
    private var order: Deque<String> = []

    var count: Int { reasons.count }

    /// - Parameters:
    ///   - session: as others see it.
    ///   - limit: of sessions that are remembered; the oldest goes.
    mutating func cut(_ session: String, because reason: String, limit: Int) {
        if reasons.updateValue(reason, forKey: session) == nil { order.append(session) }
        while order.count > limit { reasons[order.removeFirst()] = nil }
    }

    /// Why a session was cut; nil if it wasn't. It is told once.
    mutating func take(_ session: String) -> String? {
        guard let reason = reasons.removeValue(forKey: session) else { return nil }
        if order.first == session { order.removeFirst() } else { order.removeAll { $0 == session } }
        return reason
    }
}
