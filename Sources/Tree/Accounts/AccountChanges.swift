/// Changes of accounts that are not finished: not claimed, not safe, not on enough disks, or not told.
struct AccountChanges {
    /// Names that somebody is about to register.
    var claims: [NameKey: Claim] = [:]
    /// Changes that were made here and aren't safe in the log.
    var unsafe: [(position: LogPosition, check: DurabilityCheck)] = []
    /// Changes that are safe in the log and aren't on enough disks.
    var checks: [DurabilityCheck] = []
    var lastCheck: UInt64 = 0
    var saves = Saves()
    /// What neighbours told of names in this turn, and on which link.
    var news: [(name: String, from: ConnectionID)] = []

    /// Time has passed: claims whose registration has not come are forgotten.
    ///
    /// - Returns: when the next one will be.
    mutating func expireClaims(at now: Instant) -> Instant? {
        claims = claims.filter { $0.value.expires > now }
        return claims.values.map(\.expires).min()
    }
}
