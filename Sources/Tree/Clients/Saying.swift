// What a client says (docs/protocol.md#clients).

extension Node {
    func say(_ activity: ActivityMessage, on connection: ConnectionID) {
        guard let client = sessions[connection], client.isLoggedIn else {
            return deny(connection, info: "client not login", for: .invalid)
        }
        // A client of the original system leaves its name out: it speaks under the name of its login.
        if let username = activity.username {
            // It is mostly the very name, which is found out without a look at its characters.
            guard username == client.user || configuration.names.areOne(username, client.user) else {
                return deny(connection, info: "username and secret do not match the logged in the user", for: .invalid)
            }
            // Who has shown a certificate or a resume token has shown no secret, and needs none.
            if client.user != Login.anonymous, client.digest != nil {
                guard let secret = activity.secret else {
                    return refuse(connection, info: "the message did not contain the field secret")
                }
                guard configuration.digest(secret) == client.digest else {
                    return deny(
                        connection, info: "username and secret do not match the logged in the user", for: .invalid)
                }
            }
        }
        let retry = activity.sequence.map { RetryKey(session: session(of: connection), sequence: $0) }
        if let retry, sessions.duplicates.isRetry(retry, by: client.user) { return }
        sessions.said(connection)
        let text = log.format.process(activity.text, sender: client.user)
        accept(.activity(Activity(sender: client.user, text: text, retry: retry)))
        holdBack(connection)
    }
}
