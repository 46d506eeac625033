/// Decides whether a client may try to log in, or to register a name, now.
///
/// A failed login counts for the name and the address together. So a guesser's pauses keep no other user of the same
/// address out, and the owner of the name can log in from elsewhere.
///
/// Two more counts slow a guesser down. An address that failed often has fewer free tries at each name. A name that
/// failed often has no free tries for addresses that have failed at it before. A client that has lately logged in with
/// the right secret needs no try (`CredentialCache`).
struct Attempts {
    /// A name and the address that tried it. All addresses without a limit count as one.
    private struct Pair: Hashable {
        let name: NameKey
        let address: PeerAddress?
    }

    private var loginsByPair = AttemptLimiter<Pair>()
    private var loginsByAddress = AttemptLimiter<PeerAddress>()
    private var loginsByName = AttemptLimiter<NameKey>()
    private var forgedTokens = AttemptLimiter<PeerAddress>()
    private var registrationsByAddress = AttemptLimiter<PeerAddress>()
    private var registrationsByName = AttemptLimiter<NameKey>()

    /// Why a login has to wait, and how long; nil if it may be tried.
    ///
    /// - Parameter address: nil if no limit applies to it.
    func reasonToWait(
        toLogInAs name: NameKey, from address: PeerAddress?, at now: Instant, _ limits: Limits
    ) -> String? {
        let pair = Pair(name: name, address: address)
        // Whoever hasn't failed at this name yet may be its owner.
        guard loginsByPair.tries(of: pair, at: now, limits.loginsPerNameAndAddress) > 0 else { return nil }
        if let pause = loginsByName.pause(for: pair.name, at: now, limits.loginsPerName) {
            return "too many failed logins as \(name.name): try again in \(wholeSeconds(pause)) s"
        }
        guard let address else { return nil }
        var ofPair = limits.loginsPerNameAndAddress
        if loginsByAddress.tries(of: address, at: now, limits.loginsPerAddress) >= limits.loginsPerAddress.free {
            ofPair.free = min(ofPair.free, limits.freeLoginsOfGuessingAddress)
        }
        if let pause = loginsByPair.pause(for: pair, at: now, ofPair) {
            return "too many failed logins as \(name.name) from your address: try again in \(wholeSeconds(pause)) s"
        }
        return nil
    }

    mutating func loginFailed(as name: NameKey, from address: PeerAddress?, at now: Instant, _ limits: Limits) {
        loginsByName.add(name, at: now, limits.loginsPerName)
        loginsByPair.add(Pair(name: name, address: address), at: now, limits.loginsPerNameAndAddress)
        if let address { loginsByAddress.add(address, at: now, limits.loginsPerAddress) }
    }

    /// The secret was right: whoever mistyped it before owes nothing at this name. The address still does, as its other
    /// tries may be a guesser's.
    mutating func loginSucceeded(as name: NameKey, from address: PeerAddress?) {
        loginsByPair.forget(Pair(name: name, address: address))
    }

    /// Why a token isn't looked at now; nil if it is. A forged one costs a check of a signature, and nothing else tells
    /// it from a right one.
    func reasonToWait(withJWTFrom address: PeerAddress?, at now: Instant) -> String? {
        guard let address, let pause = forgedTokens.pause(for: address, at: now, Limits.forgedTokensPerAddress) else {
            return nil
        }
        return "too many tokens from your address were signed by nobody: try again in \(wholeSeconds(pause)) s"
    }

    mutating func jwtWasForged(from address: PeerAddress?, at now: Instant) {
        if let address { forgedTokens.add(address, at: now, Limits.forgedTokensPerAddress) }
    }

    /// A client wants to register a name. That counts as a try, whether it succeeds or not.
    ///
    /// - Returns: why it has to wait, and how long; nil if it may register.
    mutating func registrationTried(
        of name: NameKey, from address: PeerAddress?, at now: Instant, _ limits: Limits
    ) -> String? {
        if let pause = registrationsByName.pause(for: name, at: now, limits.registrationsPerName) {
            return "too many registrations of \(name.name): try again in \(wholeSeconds(pause)) s"
        }
        // A try from an address that has to wait doesn't count for the name: otherwise that address could lock any
        // name.
        if let address {
            let ofAddress = limits.registrations(of: address)
            if let pause = registrationsByAddress.pause(for: address, at: now, ofAddress) {
                return "too many registrations from your address: try again in \(wholeSeconds(pause)) s"
            }
            registrationsByAddress.add(address, at: now, ofAddress)
        }
        registrationsByName.add(name, at: now, limits.registrationsPerName)
        return nil
    }

    private func wholeSeconds(_ pause: Duration) -> Int64 { (pause.wholeMilliseconds + 999) / 1000 }
}

extension Node {
    /// The address of a client, before or after its login; nil if no limit applies to it.
    func limitedAddress(of connection: ConnectionID) -> PeerAddress? {
        guard admission.pending[connection] != nil || sessions.contains(connection) else { return nil }
        let address = address(of: connection)
        return isLimited(address) ? address : nil
    }

    /// Why a login has to wait, and how long; nil if it may be tried.
    func loginPause(_ name: String, on connection: ConnectionID) -> String? {
        counted(
            admission.attempts.reasonToWait(
                toLogInAs: key(of: name), from: limitedAddress(of: connection), at: now.instant, limits))
    }

    /// Why a token isn't looked at now; nil if it is.
    func jwtPause(on connection: ConnectionID) -> String? {
        counted(admission.attempts.reasonToWait(withJWTFrom: limitedAddress(of: connection), at: now.instant))
    }

    /// Whoever has to wait counts as refused.
    private func counted(_ reason: String?) -> String? {
        if reason != nil { counters.refused(for: .attempts) }
        return reason
    }

    func noteFailedLogin(_ name: String, on connection: ConnectionID) {
        admission.attempts.loginFailed(
            as: key(of: name), from: limitedAddress(of: connection), at: now.instant, limits)
    }

    func noteRightSecret(_ name: String, on connection: ConnectionID) {
        admission.attempts.loginSucceeded(as: key(of: name), from: limitedAddress(of: connection))
    }

    /// Why a registration has to wait, and how long; nil if it may be tried, which counts as a try.
    func registrationPause(_ name: String, on connection: ConnectionID) -> String? {
        let address = limitedAddress(of: connection)
        return counted(
            admission.attempts.registrationTried(of: key(of: name), from: address, at: now.instant, limits))
    }
}
