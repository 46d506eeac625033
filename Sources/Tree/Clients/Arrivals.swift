import DequeModule

/// Decides which of the clients that log in were redirected here by another node, and how many are still on their way.
///
/// Clients are known by their names alone, and all anonymous clients have the same name. So no client of a name is
/// redirected while one of that name may be on its way, however many of that name have come meanwhile.
struct Arrivals {
    private struct Expected {
        let username: NameKey
        let until: Instant
    }

    private struct Count {
        /// Clients redirected here that are remembered.
        var remembered = 0
        /// Of these, clients redirected so lately that they may still come.
        var recent = 0
        /// Of the recent ones, clients that have not come yet.
        var onTheirWay = 0
    }

    /// Both are sorted, the oldest first.
    private var remembered: Deque<Expected> = []
    private var recent: Deque<Expected> = []
    /// Clients that came before the message that announces them, which may take a longer way.
    private var early: Deque<Expected> = []
    private var counts: [NameKey: Count] = [:]
    /// Clients that were sent here and have not logged in yet.
    private(set) var onTheirWay = 0

    /// How many redirected clients are remembered.
    var count: Int { remembered.count }

    /// Another node has redirected a client here.
    ///
    /// - Parameters:
    ///   - comesBy: who hasn't come by then has gone elsewhere.
    ///   - until: nobody of this name is sent on until then.
    ///   - limit: of those remembered; past it the oldest are forgotten.
    mutating func expect(_ username: NameKey, comesBy: Instant, until: Instant, limit: Int, at now: Instant) {
        forgetOld(at: now)
        counts[username, default: Count()].remembered += 1
        remembered.append(Expected(username: username, until: until))
        if let index = early.firstIndex(where: { $0.username == username }) {
            early.remove(at: index)
        } else {
            counts[username]!.recent += 1
            counts[username]!.onTheirWay += 1
            recent.append(Expected(username: username, until: comesBy))
            onTheirWay += 1
        }
        while remembered.count > limit { forgetFirst() }
    }

    /// A client logs in.
    ///
    /// - Parameters:
    ///   - saysSo: for how long to wait for the word that it was sent here, if it says that it was sent on.
    ///   - limit: of those whose word is waited for; past it the oldest are forgotten.
    /// - Returns: whether somebody of this name was sent here a moment ago.
    mutating func loggedIn(_ username: NameKey, saysSo: Duration?, limit: Int, at now: Instant) -> Bool {
        forgetOld(at: now)
        if counts[username]?.onTheirWay ?? 0 > 0 {
            counts[username]!.onTheirWay -= 1
            onTheirWay -= 1
        } else if let patience = saysSo {
            early.append(Expected(username: username, until: now + patience))
            if early.count > limit { early.removeFirst() }
        }
        return counts[username] != nil
    }

    /// Forgets clients that must have gone elsewhere by now.
    mutating func forgetOld(at now: Instant) {
        while let first = recent.first, first.until < now { giveUpFirst() }
        while let first = remembered.first, first.until < now { forgetFirst() }
        while let first = early.first, first.until < now { early.removeFirst() }
    }

    private mutating func giveUpFirst() {
        let username = recent.removeFirst().username
        // The name may have been forgotten because there were too many.
        guard var count = counts[username] else { return }
        count.recent -= 1
        // The client that came is taken to be the one that was redirected first.
        if count.onTheirWay > count.recent {
            count.onTheirWay -= 1
            onTheirWay -= 1
        }
        counts[username] = count
    }

    private mutating func forgetFirst() {
        let username = remembered.removeFirst().username
        var count = counts[username]!
        count.remembered -= 1
        if count.remembered == 0 {
            onTheirWay -= count.onTheirWay
            recent.removeAll { $0.username == username }
            counts[username] = nil
        } else {
            counts[username] = count
        }
    }
}
