// Secrets that come in clear from another machine: everybody on the way can read them, so they are refused unless the
// operator allows them (docs/protocol.md#secrets-in-clear). Anonymous clients get in, since they show none.

extension Node {
    /// Refuses a message that shows a user's secret, if others can have read it on the way.
    ///
    /// - Returns: whether it was refused.
    func refusesPlainSecret(of message: Message, on connection: ConnectionID) -> Bool {
        guard !configuration.allowsPlainSecrets, let refusal = Self.refusal(of: message),
            !address(of: connection).isLoopback, !admission.encrypted.contains(connection)
        else { return false }
        counters.refused(for: .plain)
        report(.plainSecret(connection))
        send(refusal, to: connection)
        forget(connection, manner: .afterFlush)
        return true
    }

    private static let info =
        LoginRefusal.inClearWords + ", since others can read it on the way: connect with TLS, or "
        + "ask the operator of this server (--allow-plain)"

    /// The answer to a message that shows a secret; nil if it shows none.
    private static func refusal(of message: Message) -> Message? {
        switch message {
        case .login(let login):
            login.username == Login.anonymous || (login.secret ?? login.token ?? login.resumeToken) == nil
                ? nil : .loginFailed(info: info)
        case .register: .registerFailed(info: info)
        case .changeSecret: .changeFailed(info: info)
        default: nil
        }
    }
}
