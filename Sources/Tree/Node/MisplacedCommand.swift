// The answer to a command on a connection where it isn't allowed. It says which connections may send it.

extension Message {
    /// Whether a client says it that wants to begin something.
    var comesFromNewcomer: Bool {
        switch self {
        case .login, .register, .changeSecret: true
        default: false
        }
    }

    /// Why this connection can't send this message.
    ///
    /// - Parameter isClient: whether the connection is a client's. Otherwise it has not said yet what it is.
    func reasonToRefuse(isClient: Bool) -> String {
        switch self {
        // Answers of servers. The text is the base protocol's own for a command that it doesn't know.
        case .loginSuccess, .loginFailed, .registerSuccess, .registerFailed, .secretChanged, .changeFailed, .redirect,
            .notice, .pong, .authenticationSuccess, .probed, .administered, .statusAnswer, .unknown:
            "unknown message"
        case .authenticate, .probe, .status, .administer:
            isClient
                ? "this connection is a client's: the command has to be the first one of a connection"
                : "the command has to be the first one of a connection"
        case .login, .logout, .register, .changeSecret, .activity, .ping, .invalidMessage, .unavailable,
            .authenticationFail:
            "the command has no meaning here"
        case .broadcast, .serverAnnounce, .lockRequest, .lockAllowed, .lockDenied, .loginRequest, .loginAllowed,
            .loginDenied, .entry, .acknowledge, .recordRequest, .recorded, .heldRequest, .held, .compareAccounts,
            .compareEntries,
            .comparedAccounts,
            .fetchAccounts, .accounts, .compareBans, .comparedBans, .fetchBans, .bans, .sessionsRequest,
            .sessionsAnswer, .synchronised, .vectors, .gap, .watermark, .stable, .heartbeat, .tree, .raise,
            .met, .leaving, .handOver, .reachRequest, .reached, .passReign, .reignTaken, .redirected:
            "the command is for authenticated servers only"
        }
    }
}
