extension AnswerExplanation {
    static let failedLogins = "coppice_logins_total{result=\"failed\"}"
    static let failedRegistrations = "coppice_registrations_total{result=\"failed\"}"

    static let login: [AnswerExplanation] = [
        AnswerExplanation(
            "LOGIN_SUCCESS", "logged in as user …",
            meaning: "The client is in.", metric: "coppice_logins_total{result=\"succeeded\"}", .login),
        AnswerExplanation(
            "LOGIN_FAILED", "attempt to login with wrong secret",
            meaning: "A wrong secret, or a name that nobody has registered: the answer doesn't tell which. coppice "
                + "account show NAME does. A user who has forgotten the secret needs coppice account reset NAME. Of "
                + "names that count as one each logs in with its exact spelling alone.",
            log: [.namesAlike, .hashRefused], metric: failedLogins, .login),
        AnswerExplanation(
            "LOGIN_FAILED or CHANGE_FAILED", "too many failed logins as … from your address: try again in … s",
            "too many failed logins as …: try again in … s",
            meaning: "Wrong secrets were shown for that name, from that address or from many (--login-attempts, "
                + "--login-attempts-per-name). The pause ends by itself, after --longest-pause at most. Whoever has "
                + "logged in from there lately doesn't wait.",
            metric: "\(failedLogins) and \(refusals("attempts"))", .login),
        AnswerExplanation(
            "LOGIN_FAILED", "the login cannot be checked now, try again",
            meaning: "Too many secrets wait for their check, or a part of the tree that may know the name doesn't "
                + "answer. Look at coppice_hashes_waiting, and whether coppice tree shows all nodes.",
            metric: "\(failedLogins) and \(refusals("busy"))", .login),
        AnswerExplanation(
            "LOGIN_FAILED", "the resume token is void: log in with the secret",
            meaning: "The token is older than --token-time, the user's secret or name has changed, or the network's "
                + "secret has. coppice client logs in with the secret by itself, at the server that the user named.",
            metric: failedLogins, .login),
        AnswerExplanation(
            "LOGIN_FAILED, REGISTER_FAILED or CHANGE_FAILED",
            "a secret from another machine is taken over TLS alone, since others can read it on the way: connect with "
                + "TLS, or ask the operator of this server (--allow-plain)",
            meaning: "The client has to speak TLS (coppice client --tls), and the node needs a certificate. A balancer "
                + "that ends TLS itself makes the node see clear text.",
            log: [.plainSecret],
            metric: "\(failedLogins) or \(failedRegistrations) and \(refusals("plain"))", .login),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "client not login",
            meaning: "A fault of the client's program: it speaks before it has logged in.",
            metric: refusals("invalid"), .login),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "username and secret do not match the logged in the user",
            meaning: "A fault of the client's program: it speaks under another name or secret than that of its login.",
            metric: refusals("invalid"), .login),
        AnswerExplanation(
            "INVALID_MESSAGE", "the message did not contain the field secret",
            meaning: "A client without a secret, and without a token or a certificate that stands for it.",
            metric: refusals("invalid"), .login),
        AnswerExplanation(
            "INVALID_MESSAGE", "the field since names more than … origins: leave it out",
            meaning: "The client has seen messages of more origins than a login may name. Without `since` it begins "
                + "anew.",
            metric: refusals("invalid"), .login),
    ]

    static let tokens: [AnswerExplanation] = [
        AnswerExplanation(
            "LOGIN_FAILED", "this server takes no tokens of others (--jwt-key)",
            meaning: "Give all nodes the same --jwt-key: clients move to other nodes.", metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "the token has expired", "the token is for a later time (nbf)",
            meaning: "The user needs a new token of the issuer. If it was issued just now, compare the clocks of the "
                + "issuer and of this machine: 30 s are allowed for.", metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "no key that is known here fits the token", "the token's signature is wrong",
            meaning: "The issuer has new keys, and --jwt-key has the old ones, or somebody forges tokens.",
            log: [.tokenKeysUnusable], metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "the token is from another issuer (iss)", "the token is for another audience (aud)",
            meaning: "Compare what the issuer writes with --jwt-issuer and --jwt-audience.", metric: failedLogins,
            .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "the token is malformed", "the token is signed in a way that isn't taken here",
            "the token has an extension (crit) that isn't known here", "the token has no end (exp)",
            "the token has no name (sub)", "the token is longer than … bytes", "the token's sub is no name: …",
            "the token is for …, who needs none",
            meaning: "The issuer's tokens aren't as docs/protocol.md has them (\"Tokens of others\").",
            metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "the token is for another name",
            meaning: "The client named another user than the token does. It may leave the name out.",
            metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "… is registered here: log in with the secret, or ask the operator (--jwt-owns-names)",
            meaning: "Somebody has registered that name with a secret, and keeps it. If the issuer gives out all "
                + "names, start all nodes with --jwt-owns-names.", metric: failedLogins, .tokens),
        AnswerExplanation(
            "LOGIN_FAILED", "too many tokens from your address were signed by nobody: try again in … s",
            "too many tokens wait to be checked: try again",
            meaning: "Somebody at that address forges tokens, or has many old ones; or more come than the node can "
                + "check.",
            metric: "\(failedLogins) and \(refusals("attempts"))", .tokens),
        AnswerExplanation(
            "INVALID_MESSAGE", "the field token holds no token",
            meaning: "A fault of the client's program.",
            metric: refusals("invalid"), .tokens),
    ]
}
