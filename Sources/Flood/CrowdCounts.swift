/// What a crowd counts, besides deliveries.
struct CrowdCounts: Equatable {
    var connected = 0
    var loggedIn = 0
    /// Clients that are logged in now.
    var here = 0
    var redirects = 0
    /// Answers of servers that took nobody.
    var turnedAway = 0
    var churned = 0
    /// Connections that the server closed although their clients read.
    var closed = 0
    /// Clients that lost their server and were to go on at another one, and below it those that did.
    var lostServer = 0
    var returned = 0
    var slow = 0
    var slowClosed = 0
    var firstAttempt: UInt64 = 0
    var lastConnection: UInt64 = 0
    var lastLogin: UInt64 = 0
    /// When the first client lost its server, and when the last one was in at another.
    var firstLoss: UInt64 = 0
    var lastReturn: UInt64 = 0
    /// Why connections were lost: the first few reasons that differ.
    var reasons: [String] = []

    mutating func note(_ reason: String) {
        if reasons.count < 5, !reasons.contains(reason) { reasons.append(reason) }
    }
}
