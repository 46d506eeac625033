import DequeModule

/// Remembers sessions that were cut because their clients were too slow. Each is told why at its next login, since a
/// client that doesn't read may never have read it.
struct CutSessions {
    private var reasons: [String: String] = [:]
    /// The sessions in the order in which they were cut.
    private var order: Deque<String> = []

    var count: Int { reasons.count }

    /// - Parameters:
    ///   - session: the session's name as others see it.
    ///   - limit: how many sessions are remembered; above it the oldest is forgotten.
    mutating func cut(_ session: String, because reason: String, limit: Int) {
        if reasons.updateValue(reason, forKey: session) == nil { order.append(session) }
        while order.count > limit { reasons[order.removeFirst()] = nil }
    }

    /// Why a session was cut; nil if it wasn't. Told once.
    mutating func take(_ session: String) -> String? {
        guard let reason = reasons.removeValue(forKey: session) else { return nil }
        if order.first == session { order.removeFirst() } else { order.removeAll { $0 == session } }
        return reason
    }
}
