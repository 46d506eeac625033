/// Decides who may guess at a secret, or register a name, now.
///
/// Tries are counted by address: otherwise one client could try the names of all. They are counted by name too:
/// otherwise many clients could try one name. A client that has logged in lately with the right secret needs no try
/// (`CredentialCache`), so nobody can lock an owner out by guessing.
struct Attempts {
    private var loginsByAddress = AttemptLimiter<PeerAddress>()
    private var loginsByName = AttemptLimiter<NameKey>()
    private var registrationsByAddress = AttemptLimiter<PeerAddress>()
    private var registrationsByName = AttemptLimiter<NameKey>()

    /// Why a login has to wait, and how long; nil if it may be tried.
    ///
    /// - Parameter address: nil if no limit applies to it.
    func reasonToWait(toLogInAs name: String, from address: PeerAddress?, at now: Instant) -> String? {
        if let address, let pause = loginsByAddress.pause(for: address, at: now) {
            return "too many failed logins from your address: try again in \(wholeSeconds(pause)) s"
        }
        if let pause = loginsByName.pause(for: NameKey(name), at: now) {
            return "too many failed logins as \(name): try again in \(wholeSeconds(pause)) s"
        }
        return nil
    }

    mutating func loginFailed(as name: String, from address: PeerAddress?, at now: Instant, _ limits: Limits) {
        loginsByName.add(NameKey(name), at: now, limits.loginsPerName)
        if let address { loginsByAddress.add(address, at: now, limits.loginsPerAddress) }
    }

    /// A client wants to register a name. That counts as a try, whatever comes of it.
    ///
    /// - Returns: why it has to wait, and how long; nil if it may go on.
    mutating func registrationTried(
        of name: String, from address: PeerAddress?, at now: Instant, _ limits: Limits
    ) -> String? {
        if let pause = registrationsByName.pause(for: NameKey(name), at: now) {
            return "too many registrations of \(name): try again in \(wholeSeconds(pause)) s"
        }
        // A try from an address that has to wait counts for no name: that address could keep any name from everybody.
        if let address {
            if let pause = registrationsByAddress.pause(for: address, at: now) {
                return "too many registrations from your address: try again in \(wholeSeconds(pause)) s"
            }
            registrationsByAddress.add(address, at: now, limits.registrationsPerAddress)
        }
        registrationsByName.add(NameKey(name), at: now, limits.registrationsPerName)
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
        admission.attempts.reasonToWait(toLogInAs: name, from: limitedAddress(of: connection), at: now.instant)
    }

    func noteFailedLogin(_ name: String, on connection: ConnectionID) {
        admission.attempts.loginFailed(as: name, from: limitedAddress(of: connection), at: now.instant, limits)
    }

    /// Why a registration has to wait, and how long; nil if it may be tried. It counts as tried then.
    func registrationPause(_ name: String, on connection: ConnectionID) -> String? {
        let address = limitedAddress(of: connection)
        return admission.attempts.registrationTried(of: name, from: address, at: now.instant, limits)
    }
}
