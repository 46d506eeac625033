import Tree
import Wire

// What a session shows at a login: its secret only at the servers that the user named, and elsewhere the token that a
// login or a redirect has given it. Other servers are names that somebody has said.

extension ClientSession {
    /// What is known of resume tokens.
    struct Tokens: Equatable {
        /// The last token that came.
        var present: Secret?
        /// When the session asks for a new one; nil if it doesn't know, or can't.
        var renewAt: Instant?
        /// The servers that have refused the present token.
        var refusedBy: [Address] = []
        /// Whether a server has given one: then no secret is shown to a server that was only named.
        var areGiven = false
    }

    private var hasSecret: Bool { identity.shownSecret != nil }

    /// Whether a server may see the user's secret. Servers that give no tokens, as those of the base protocol, have to
    /// get the secret that their protocol demands; and so has another server before the first login.
    func mayShowSecret(to address: Address) -> Bool { given.contains(address) || !tokens.areGiven }

    /// The token that is shown to a server.
    func resumeToken(for address: Address) -> Secret? {
        tokens.refusedBy.contains(address) ? nil : tokens.present
    }

    /// Whether a login at a server can succeed.
    func canLogIn(at address: Address) -> Bool {
        !hasSecret || mayShowSecret(to: address) || resumeToken(for: address) != nil
    }

    /// A server has given a token, or none.
    mutating func received(_ token: ClientToken?, from address: Address, _ now: Instant) {
        guard let token, hasSecret else { return }
        tokens.areGiven = true
        tokens.present = token.secret
        tokens.refusedBy = []
        // Only a login with the secret begets a token that is good for longer.
        let half = min(token.life, SessionLimits.longestTokenLife) / 2
        let renews = given.contains(address) && hasShownSecret && half >= SessionLimits.shortestTokenPause
        tokens.renewAt = renews ? now + half : nil
    }

    /// A server has refused a login that showed a token alone.
    ///
    /// - Returns: whether it was such a login.
    mutating func resumeTokenRefused(by address: Address) -> Bool {
        guard hasSecret, !mayShowSecret(to: address), resumeToken(for: address) != nil else { return false }
        tokens.refusedBy.append(address)
        if tokens.refusedBy.count > limits.servers { tokens.present = nil }
        round = round.filter { canLogIn(at: $0) }
        return true
    }

    /// Asks for a new token, on the connection that is logged in.
    mutating func renewToken(_ effects: inout [Effect]) {
        tokens.renewAt = nil
        effects.append(.send(ClientMessages.login(identity, since: nil)))
    }
}
