// What is answered to a command where it has no place: who sends it, and where it belongs.

extension Message {
    /// Why whoever has shown itself as a client, or as nobody yet, can't send this.
    ///
    /// - Parameter isClient: the connection is a client's.
    func reasonToRefuse(isClient: Bool) -> String {
        switch self {
        // What servers answer, they are not told. The base protocol's own words for any command that it doesn't know.
        case .loginSuccess, .loginFailed, .registerSuccess, .registerFailed, .secretChanged, .changeFailed, .redirect,
            .notice, .pong, .authenticationSuccess, .probed, .administered, .statusAnswer:
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
            .comparedAccounts,
            .fetchAccounts, .accounts, .synchronised, .vectors, .gap, .watermark, .stable, .heartbeat, .tree, .raise,
            .met, .leaving, .handOver, .reachRequest, .reached, .passReign, .reignTaken, .redirected:
            "the command is for authenticated servers only"
        }
    }
}
