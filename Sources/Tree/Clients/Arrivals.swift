import DequeModule

/// Decides who of those that log in was sent here by another node, and how many are still on their way.
///
/// They are known by their names alone, and all anonymous clients have the same one. So nobody of a name is sent on
/// while somebody of that name may be on the way, however many of that name have come meanwhile.
struct Arrivals {
    private struct Expected {
        let username: String
        let until: Instant
    }

    private struct Count {
        /// Sent here, and not so long ago that they are forgotten.
        var remembered = 0
        /// Of them, those who have not come yet.
        var onTheirWay = 0
    }

    /// The oldest first.
    private var expected: Deque<Expected> = []
    private var counts: [String: Count] = [:]
    /// Clients that were sent here and have not logged in yet.
    private(set) var onTheirWay = 0

    /// Names remembered, each as often as somebody of that name was sent here.
    var count: Int { expected.count }

    /// Somebody is sent here.
    ///
    /// - Parameter limit: of those remembered; past it the oldest are forgotten.
    mutating func expect(_ username: String, until: Instant, limit: Int, at now: Instant) {
        forgetOld(at: now)
        expected.append(Expected(username: username, until: until))
        counts[username, default: Count()].remembered += 1
        counts[username, default: Count()].onTheirWay += 1
        onTheirWay += 1
        while expected.count > limit { forgetFirst() }
    }

    /// Somebody logs in.
    ///
    /// - Returns: whether somebody of this name was sent here a moment ago.
    mutating func loggedIn(_ username: String, at now: Instant) -> Bool {
        forgetOld(at: now)
        guard let count = counts[username] else { return false }
        if count.onTheirWay > 0 {
            counts[username]!.onTheirWay -= 1
            onTheirWay -= 1
        }
        return true
    }

    /// Who has not come by now has gone elsewhere.
    mutating func forgetOld(at now: Instant) {
        while let first = expected.first, first.until < now { forgetFirst() }
    }

    private mutating func forgetFirst() {
        let username = expected.removeFirst().username
        var count = counts[username]!
        count.remembered -= 1
        // Who came is taken to be the one that was sent first.
        if count.onTheirWay > count.remembered {
            count.onTheirWay -= 1
            onTheirWay -= 1
        }
        counts[username] = count.remembered == 0 ? nil : count
    }
}
