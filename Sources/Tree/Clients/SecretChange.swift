// How users change their secrets, at any node (docs/protocol.md#changing-a-secret). The present secret is checked as at
// a login, so it costs the same and counts as the same try. The new one becomes an entry of the log, like an operator's
// reset.

/// `CHANGE_SECRET`: a client's request.
public struct SecretChange: Hashable, Sendable {
    public var username: String
    /// The present secret.
    public var secret: Secret
    public var newSecret: Secret

    public init(username: String, secret: Secret, newSecret: Secret) {
        self.username = username
        self.secret = secret
        self.newSecret = newSecret
    }
}

/// The purpose for which a client shows a secret.
enum CredentialUse {
    case login(Login)
    case change(SecretChange)

    var username: String {
        switch self {
        case .login(let login): login.username
        case .change(let change): change.username
        }
    }

    var secret: Secret {
        switch self {
        case .login(let login): login.secret!
        case .change(let change): change.secret
        }
    }
}

extension Node {
    func changeSecret(_ change: SecretChange, on connection: ConnectionID) {
        if sessions[connection]?.isLoggedIn == true {
            return refuse(connection, info: "client has already logged in: change the secret on another connection")
        }
        if draining.hasBegun { return sendOn(connection) }
        sessions.greeted(connection)
        if let info = flaw(in: change) { return changeFailed(connection, info: info) }
        if accounts.changes.saves.failure != nil {
            return changeFailed(connection, info: "this node can't store secrets now, try again later")
        }
        if proved(change.username, change.secret) != nil {
            stopReading(connection, for: .awaitsAnswer)
            return hashNewSecret(change, on: connection)
        }
        if let info = loginPause(change.username, on: connection) { return changeFailed(connection, info: info) }
        stopReading(connection, for: .awaitsAnswer)
        check(.change(change), on: connection)
    }

    /// What is wrong with a change, whatever the accounts are: the answer reveals nothing about them.
    private func flaw(in change: SecretChange) -> String? {
        if isAnonymous(change.username) { return "anonymous has no secret" }
        if let info = excess(inName: change.username, secret: change.secret) { return info }
        if let info = flaw(inNewSecret: change.newSecret) { return info }
        return change.newSecret == change.secret ? "the new secret is the same as the present one" : nil
    }

    /// Why a secret can't be an account's new one; nil if it can.
    func flaw(inNewSecret secret: Secret) -> String? {
        if secret.text.isEmpty { return "the new secret is empty" }
        let isTooLong = secret.text.utf8.count > limits.secretBytes
        return isTooLong ? "the new secret is longer than \(limits.secretBytes) bytes" : nil
    }

    /// The present secret was right.
    func hashNewSecret(_ change: SecretChange, on connection: ConnectionID) {
        guard let account = accounts.account(meantBy: change.username) else {
            return changeFailed(connection, info: "\(change.username) was removed")
        }
        hash(
            change.newSecret, of: change.username,
            for: .change(connection, account, configuration.digest(change.newSecret)),
            from: source(of: connection))
    }

    /// The hash of the new secret has been computed; nil if it could not be.
    func changeSecret(of account: Account, to hash: String?, _ digest: SecretDigest, on connection: ConnectionID) {
        guard sessions[connection] != nil else { return }
        guard let hash else {
            counters.refused(for: .busy)
            return changeFailed(connection, info: "the secret cannot be changed now, try again")
        }
        guard accounts[account.name] == account else {
            return changeFailed(connection, info: "\(account.shownName) was changed by somebody else meanwhile")
        }
        let changed = self.changed(account, hash)
        enter(.registered(changed), for: .change(connection))
        // In total order the change isn't entered before it has a stamp.
        if accounts[account.name] == changed { prove(account.name, digest) }
    }

    /// The account with another secret. The change is later than the one that it replaces, whatever this node's clock
    /// says.
    func changed(_ account: Account, _ hash: String) -> Account {
        let stamp = max(ordering.nextStamp(at: now.instant), account.changed.stamp.next)
        return Account(
            name: account.name, spelling: account.spelling, hash: hash, registered: account.registered,
            changed: AccountVersion(stamp: stamp, origin: origin))
    }

    // MARK: Telling

    /// The change is safe in the log and on `durable` disks.
    func secretChanged(_ username: String, durable: Int, on connection: ConnectionID) {
        guard sessions[connection] != nil else { return }
        send(.secretChanged(info: "the secret of \(username) was changed", durable: durable), to: connection)
        readAgain(connection, after: .awaitsAnswer)
        answeredStranger(connection)
    }

    func changeFailed(_ connection: ConnectionID, info: String) {
        guard sessions[connection] != nil else { return }
        send(.changeFailed(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }
}
