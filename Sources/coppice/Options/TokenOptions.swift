import ArgumentParser
import Host
import JWT
import Tree

/// Tokens by which somebody else vouches for users.
struct TokenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keys of whoever signs tokens (JWT) for users: one line that is a secret for HMAC, public keys as PEM, or "
                + "a set of keys as JSON (JWKS). Who shows a right token logs in by the name in it (sub), without a "
                + "secret and unregistered. Read again when it changes and on SIGHUP. (default: none)",
            valueName: "file"))
    var jwtKey: String?

    @Option(
        help: ArgumentHelp(
            "One of the audiences of which a token has to name one (aud); may be repeated. (default: tokens that name "
                + "none)", valueName: "text"))
    var jwtAudience: [String] = []

    @Option(
        help: ArgumentHelp(
            "One of the issuers of whom a token has to come (iss); may be repeated. (default: any)", valueName: "text"))
    var jwtIssuer: [String] = []

    @Flag(help: "Take tokens for registered names too, and let nobody register at this node.")
    var jwtOwnsNames = false

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        guard jwtKey == nil else { return }
        let given = [
            ("--jwt-audience", !jwtAudience.isEmpty), ("--jwt-issuer", !jwtIssuer.isEmpty),
            ("--jwt-owns-names", jwtOwnsNames),
        ].first { $0.1 }
        if let given { throw ValidationError("\(given.0) needs --jwt-key") }
    }

    /// Nil if tokens aren't taken.
    var file: TokenFile? {
        guard let jwtKey else { return nil }
        var file = TokenFile(path: jwtKey)
        file.rules.audiences = jwtAudience
        file.rules.issuers = jwtIssuer
        return file
    }

    var names: Configuration.VouchedNames { jwtKey == nil ? .none : jwtOwnsNames ? .all : .unregistered }
}
