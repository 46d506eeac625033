/// Decides who may guess at a secret, or register a name, now.
///
/// A failed login costs whoever failed: it counts for the name and the address together. So behind one address, which
/// many people may share, a guesser's pauses keep nobody else out, and an owner is let in from elsewhere.
///
/// Two counts make a guesser's next tries dearer. An address that failed often has fewer free tries at each name. A
/// name that failed often has none left for those who have failed at it before. A client that has logged in lately
/// with the right secret needs no try (`CredentialCache`).
struct Attempts {
    /// Who tried which name. Addresses that no limit applies to count as one.
    private struct Pair: Hashable {
        let name: NameKey
        let address: PeerAddress?
    }

    private var loginsByPair = AttemptLimiter<Pair>()
    private var loginsByAddress = AttemptLimiter<PeerAddress>()
    private var loginsByName = AttemptLimiter<NameKey>()
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

    /// A client wants to register a name. That counts as a try, whatever comes of it.
    ///
    /// - Returns: why it has to wait, and how long; nil if it may go on.
    mutating func registrationTried(
        of name: NameKey, from address: PeerAddress?, at now: Instant, _ limits: Limits
    ) -> String? {
        if let pause = registrationsByName.pause(for: name, at: now, limits.registrationsPerName) {
            return "too many registrations of \(name.name): try again in \(wholeSeconds(pause)) s"
        }
        // A try from an address that has to wait counts for no name: that address could keep any name from everybody.
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
    /// Where a client comes from, logged in as anybody or not, if limits apply to it.
    func limitedAddress(of connection: ConnectionID) -> PeerAddress? {
        guard admission.pending[connection] != nil || sessions.contains(connection) else { return nil }
        let address = address(of: connection)
        return isLimited(address) ? address : nil
    }

    /// Why a login has to wait, and how long; nil if it may be tried.
    func loginPause(_ name: String, on connection: ConnectionID) -> String? {
        admission.attempts.reasonToWait(
            toLogInAs: key(of: name), from: limitedAddress(of: connection), at: now.instant, limits)
    }

    func noteFailedLogin(_ name: String, on connection: ConnectionID) {
        admission.attempts.loginFailed(
            as: key(of: name), from: limitedAddress(of: connection), at: now.instant, limits)
    }

    func noteRightSecret(_ name: String, on connection: ConnectionID) {
        admission.attempts.loginSucceeded(as: key(of: name), from: limitedAddress(of: connection))
    }

    /// Why a registration has to wait, and how long; nil if it may be tried. It counts as tried then.
    func registrationPause(_ name: String, on connection: ConnectionID) -> String? {
        let address = limitedAddress(of: connection)
        return admission.attempts.registrationTried(of: key(of: name), from: address, at: now.instant, limits)
    }
}
