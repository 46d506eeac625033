import DequeModule

/// Decides which of the clients that log in were redirected here by another node, and how many are still on their way.
///
/// Clients are known by their names alone, and all anonymous clients have the same name. So no client of a name is
/// redirected while one of that name may be on its way, however many of that name have come meanwhile.
struct Arrivals {
    private struct Expected {
        let username: NameKey
        let until: Instant
        /// Counted from 1 over all that are expected.
        var serial: UInt64 = 0
    }

    private struct Count {
        /// Clients redirected here that are remembered.
        var remembered = 0
        /// Of these, clients redirected so lately that they may still come.
        var recent = 0
        /// Of the recent ones, clients that have not come yet.
        var onTheirWay = 0
        /// Recent ones from before this were forgotten.
        let since: UInt64
    }

    /// Clients of a name that came before the message that announces them.
    private struct Early {
        /// How many are still to be announced.
        var open = 0
        /// How many have been announced, and still stand at the beginning of the list.
        var announced = 0
    }

    /// Both are sorted, the oldest first.
    private var remembered: Deque<Expected> = []
    private var recent: Deque<Expected> = []
    /// Clients that came before the message that announces them, which may take a longer way.
    private var early: Deque<Expected> = []
    private var earlyCounts: [NameKey: Early] = [:]
    private var lastSerial: UInt64 = 0
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
        lastSerial += 1
        counts[username, default: Count(since: lastSerial)].remembered += 1
        remembered.append(Expected(username: username, until: until))
        if earlyCounts[username]?.open ?? 0 > 0 {
            earlyCounts[username]!.open -= 1
            earlyCounts[username]!.announced += 1
        } else {
            counts[username]!.recent += 1
            counts[username]!.onTheirWay += 1
            recent.append(Expected(username: username, until: comesBy, serial: lastSerial))
            onTheirWay += 1
        }
        while remembered.count > limit { forgetFirst() }
        // Those of names that were forgotten are still among them.
        while recent.count > 2 * limit { giveUpFirst() }
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
            earlyCounts[username, default: Early()].open += 1
            if early.count > limit { forgetFirstEarly() }
        }
        return counts[username] != nil
    }

    /// Forgets clients that must have gone elsewhere by now.
    mutating func forgetOld(at now: Instant) {
        while let first = recent.first, first.until < now { giveUpFirst() }
        while let first = remembered.first, first.until < now { forgetFirst() }
        while let first = early.first, first.until < now { forgetFirstEarly() }
    }

    /// Of one name the one that came first is taken to be the one that was announced first.
    private mutating func forgetFirstEarly() {
        let username = early.removeFirst().username
        guard var count = earlyCounts[username] else { return }
        if count.announced > 0 { count.announced -= 1 } else { count.open -= 1 }
        earlyCounts[username] = count.open + count.announced > 0 ? count : nil
    }

    private mutating func giveUpFirst() {
        let first = recent.removeFirst()
        let username = first.username
        // The name may have been forgotten because there were too many.
        guard var count = counts[username], first.serial >= count.since else { return }
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
            // Its recent ones stay in their list until their time comes.
            counts[username] = nil
        } else {
            counts[username] = count
        }
    }
}
