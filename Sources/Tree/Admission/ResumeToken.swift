// What a client shows at a login instead of its secret (docs/protocol.md#resume-tokens): to a server that others have
// named it shows no secret, and thousands that have lost their server cost no Argon2id hashes.

/// A resume token: until when it is good, which state of the account it is for, and a keyed hash over these, the name
/// and the session. Whoever knows the network's secret can check it, without any memory of it.
struct ResumeToken {
    /// Milliseconds since 1970, by the network's time.
    let expires: UInt64
    /// The digest of the account as it was: any other state makes the token void.
    let account: UInt64
    /// 32 bytes.
    let code: [UInt8]

    /// Stands in a token that is good in any session. No session's name is empty.
    static let anySession = ""

    private static let codeBytes = 32
    private static let bytes = 16 + codeBytes

    init(expires: UInt64, account: UInt64, code: [UInt8]) {
        self.expires = expires
        self.account = account
        self.code = code
    }

    /// Nil if the text is no token.
    init?(_ secret: Secret) {
        guard let bytes = Base32.bytes(secret.text), bytes.count == Self.bytes else { return nil }
        expires = Self.number(bytes[..<8])
        account = Self.number(bytes[8..<16])
        code = Array(bytes[16...])
    }

    /// The text of the token: 77 characters of base 32.
    var secret: Secret { Secret(Base32.text(Self.bytes(expires) + Self.bytes(account) + code)) }

    /// What the code is computed over. Each part has its length before it or a fixed one, so that no two tokens share
    /// a text.
    ///
    /// - Parameters:
    ///   - name: in its folded form.
    ///   - session: its name as others see it, which follows from what its client shows; or `anySession`.
    static func text(expires: UInt64, account: UInt64, name: String, session: String) -> [UInt8] {
        var text = Array("coppice resume token 1".utf8)
        text += bytes(expires) + bytes(account)
        text += bytes(UInt64(name.utf8.count)) + name.utf8
        text += bytes(UInt64(session.utf8.count)) + session.utf8
        return text
    }

    /// Whether the token has this code. The time that it takes says nothing about where they differ.
    func has(_ other: [UInt8]) -> Bool {
        guard other.count == code.count else { return false }
        return zip(code, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// How a client has shown that it has its name.
enum LoginProof: Hashable {
    /// It is anonymous.
    case none
    /// Others say that it is who it says: it has shown no secret, and needs none.
    case vouched
    case secret
    /// A resume token that was good until then, in milliseconds since 1970. No token that follows from it is good for
    /// longer: else whoever has stolen one could go on for ever.
    case token(expires: UInt64)
}

extension Account {
    /// A digest that differs between any two owners or secrets of a name.
    fileprivate var stateDigest: UInt64 { AccountRecord(self).digest }
}

extension Node {
    /// The account whose client shows this login, if its token is good; nil also if it shows none.
    func resumed(by login: Login) -> (account: Account, proof: LoginProof)? {
        guard let shown = login.resumeToken, let token = ResumeToken(shown), token.expires > networkMilliseconds,
            excess(inName: login.username) == nil
        else { return nil }
        // Before the account is looked at: whoever has no token learns nothing of names.
        guard isGenuine(token, login), let account = accounts.account(meantBy: login.username),
            account.stateDigest == token.account || mutation == .tokenOutlivesReset
        else { return nil }
        return (account, .token(expires: token.expires))
    }

    /// Whether a node of the network has made the token for this name, and for this session or for any.
    private func isGenuine(_ token: ResumeToken, _ login: Login) -> Bool {
        let name = key(of: login.username).name
        let sessions = (login.session.map { [configuration.sessionName($0)] } ?? []) + [ResumeToken.anySession]
        return sessions.contains { session in
            let text = ResumeToken.text(expires: token.expires, account: token.account, name: name, session: session)
            return secrets.own.contains { configuration.resumeTokenCode($0, text).map(token.has) ?? false }
        }
    }

    /// The token that stands for an account in any session, for programs that keep none; nil if the client gets none.
    /// Only the secret brings one: else whoever has stolen a token that is good for one session could turn it into one
    /// that is good for all.
    func bearerToken(asked login: Login, as user: String, after proof: LoginProof) -> ClientToken? {
        guard proof == .secret, login.features.contains(Login.bearerFeature) else { return nil }
        return resumeToken(as: user, after: proof, session: ResumeToken.anySession)
    }

    /// The token that a client gets who has shown that it has an account; nil if it gets none.
    ///
    /// - Parameter session: its name as others see it; or `ResumeToken.anySession`.
    func resumeToken(as user: String, after proof: LoginProof, session: String) -> ClientToken? {
        let expires: UInt64
        switch proof {
        case .none, .vouched: return nil
        case .secret: expires = networkMilliseconds + UInt64(limits.resumeTokenLife.wholeMilliseconds)
        case .token(let before): expires = before
        }
        let now = networkMilliseconds
        guard expires > now, let account = accounts.account(meantBy: user)?.stateDigest else { return nil }
        let text = ResumeToken.text(
            expires: expires, account: account, name: key(of: user).name, session: session)
        guard let code = configuration.resumeTokenCode(secrets.own[0], text) else { return nil }
        let token = ResumeToken(expires: expires, account: account, code: code)
        return ClientToken(secret: token.secret, life: .milliseconds(Int64(clamping: expires - now)))
    }

    /// The network's time, in milliseconds since 1970.
    var networkMilliseconds: UInt64 { ordering.clock.milliseconds(at: now.instant) }
}
