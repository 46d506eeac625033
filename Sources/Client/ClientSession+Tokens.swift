import Tree
import Wire

// What a session shows at a login: its secret only at the server that the user named, and elsewhere the token that a
// login or a redirect has given it. Other servers are names that somebody has said.

extension ClientSession {
    /// What is known of resume tokens.
    struct Tokens: Equatable {
        /// The last token that came.
        var present: Secret?
        /// When the client asks for a new one; nil if it doesn't know, or can't.
        var renewAt: Instant?
        /// The servers that have refused the present token.
        var refusedBy: [Address] = []
        /// Whether a server has given one: then no secret is shown to a server that was only named.
        var areGiven = false
    }

    /// Whether a server may see the user's secret. Servers that give no tokens, as those of the base protocol, have to
    /// get the secret that their protocol demands; and so has another server before the first login.
    func mayShowSecret(to address: Address) -> Bool { address == given || !tokens.areGiven }

    /// The token that is shown to a server.
    func token(for address: Address) -> Secret? { tokens.refusedBy.contains(address) ? nil : tokens.present }

    /// Whether a login at a server can succeed.
    func canLogIn(at address: Address) -> Bool {
        identity.isAnonymous || mayShowSecret(to: address) || token(for: address) != nil
    }

    /// A server has given a token, or none.
    mutating func received(_ token: ClientToken?, from address: Address, _ now: Instant) {
        guard let token, !identity.isAnonymous else { return }
        tokens.areGiven = true
        tokens.present = token.secret
        tokens.refusedBy = []
        // Only a login with the secret begets a token that is good for longer.
        let half = min(token.life, ClientLimits.longestTokenLife) / 2
        tokens.renewAt =
            address == given && hasShownSecret && half >= ClientLimits.shortestTokenPause ? now + half : nil
    }

    /// A server has refused a login that showed a token alone.
    ///
    /// - Returns: whether it was such a login.
    mutating func tokenRefused(by address: Address) -> Bool {
        guard !identity.isAnonymous, !mayShowSecret(to: address), token(for: address) != nil else { return false }
        tokens.refusedBy.append(address)
        if tokens.refusedBy.count > limits.servers { tokens.present = nil }
        round = round.filter { canLogIn(at: $0) }
        return true
    }

    /// Asks for a new token, on the connection that is logged in.
    mutating func renewToken(_ now: Instant, _ effects: inout [Effect]) {
        tokens.renewAt = nil
        effects.append(.send(ClientMessages.login(identity, since: nil)))
    }
}
