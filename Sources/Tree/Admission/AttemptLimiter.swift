// Guessing is slowed down (docs/protocol.md#limits): after a number of free tries each further one has to wait, twice
// as long as the one before. By address, so that one stranger can't try the names of all; by name, so that many
// strangers can't try one name. Who has logged in lately with the right secret gets in without a try
// (`CredentialCache`): nobody can lock an owner out by guessing.

/// Tries that count, by who made them or what they were made on.
struct AttemptLimiter<Key: Hashable> {
    private struct Count {
        var tries: Int
        var last: Instant
        var closedUntil: Instant
    }

    /// The older half is dropped when the younger one is full: who tries on is in the younger one.
    private var young: [Key: Count] = [:]
    private var old: [Key: Count] = [:]

    /// How long the next try has to wait; nil if it may be made.
    func pause(for key: Key, at now: Instant) -> Duration? {
        guard let count = young[key] ?? old[key], count.closedUntil > now else { return nil }
        return count.closedUntil - now
    }

    mutating func add(_ key: Key, at now: Instant, _ limits: AttemptLimits) {
        var count = young[key] ?? old[key] ?? Count(tries: 0, last: now, closedUntil: now)
        if now - count.last > limits.memory { count.tries = 0 }
        count.tries += 1
        count.last = now
        if count.tries >= limits.free {
            let doublings = min(20, count.tries - limits.free)
            count.closedUntil = now + min(limits.longestPause, limits.firstPause * (1 << doublings))
        }
        young[key] = count
        if young.count >= limits.remembered / 2 {
            old = young
            young = [:]
        }
    }
}

extension Node {
    /// Where a client comes from, logged in as anybody or not, if limits apply to it.
    func limitedAddress(of connection: ConnectionID) -> PeerAddress? {
        guard admission.pending[connection] != nil || sessions.contains(connection) else { return nil }
        let address = address(of: connection)
        return isLimited(address) ? address : nil
    }

    /// How long a login has to wait, and why; nil if it may be tried.
    func loginPause(_ name: String, on connection: ConnectionID) -> String? {
        if let address = limitedAddress(of: connection),
            let pause = admission.loginsByAddress.pause(for: address, at: now.instant)
        {
            return "too many failed logins from your address: try again in \(wholeSeconds(pause)) s"
        }
        if let pause = admission.loginsByName.pause(for: NameKey(name), at: now.instant) {
            return "too many failed logins as \(name): try again in \(wholeSeconds(pause)) s"
        }
        return nil
    }

    func noteFailedLogin(_ name: String, on connection: ConnectionID) {
        admission.loginsByName.add(NameKey(name), at: now.instant, limits.loginsPerName)
        if let address = limitedAddress(of: connection) {
            admission.loginsByAddress.add(address, at: now.instant, limits.loginsPerAddress)
        }
    }

    /// How long a registration has to wait, and why; nil if it may be tried. It counts as tried then.
    func registrationPause(_ name: String, on connection: ConnectionID) -> String? {
        if let pause = admission.registrationsByName.pause(for: NameKey(name), at: now.instant) {
            return "too many registrations of \(name): try again in \(wholeSeconds(pause)) s"
        }
        // What an address tries that has to wait counts for no name: it could keep any name from everybody.
        if let address = limitedAddress(of: connection) {
            if let pause = admission.registrationsByAddress.pause(for: address, at: now.instant) {
                return "too many registrations from your address: try again in \(wholeSeconds(pause)) s"
            }
            admission.registrationsByAddress.add(address, at: now.instant, limits.registrationsPerAddress)
        }
        admission.registrationsByName.add(NameKey(name), at: now.instant, limits.registrationsPerName)
        return nil
    }

    private func wholeSeconds(_ pause: Duration) -> Int64 { (pause.wholeMilliseconds + 999) / 1000 }
}
