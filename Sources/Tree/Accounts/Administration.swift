// What operators do with accounts, at a running node (docs/protocol.md#administration). A change goes through the log
// like a registration, and is acknowledged when it is on enough disks.

/// `ADMINISTER`: a tool's request, with the node's own secret.
public struct AccountRequest: Hashable, Sendable {
    /// What the operator wants.
    public enum Action: Hashable, Sendable {
        /// Lists accounts from a page on: the first page, or one that an earlier answer named.
        case list(page: Int)
        case show(username: String)
        case remove(username: String)
        case reset(username: String, secret: Secret)
        /// Tells the settings that the node runs with, without secrets.
        case settings
        /// Shows sessions and bans, and changes them.
        case sessions(SessionAction)
        /// Moves clients to other nodes.
        case moving(MovingAction)
    }

    public var secret: Secret
    public var action: Action

    public init(secret: Secret, action: Action) {
        self.secret = secret
        self.action = action
    }
}

/// `ADMINISTERED`: the answer to `ADMINISTER`.
public enum AccountAnswer: Hashable, Sendable {
    /// The accounts, without the hashes of their secrets.
    case accounts([AccountView], nextPage: Int?)
    /// The change is on `durable` disks.
    case done(durable: Int)
    /// The node's settings, for people to read.
    case settings(String)
    /// A page of sessions, and behind which one the next page begins.
    case sessions(SessionsAnswer, next: SessionPosition?)
    /// Sessions were ended, or a ban was made or lifted.
    case acted(SessionsAnswer)
    /// Whether the node is drained, and how many clients it has.
    case moving(MovingAnswer)
    /// A page of bans, and the number of the first of the next page.
    case bans([BanRecord], nextPage: Int?)
    case failed(info: String)
}

/// An account as operators see it.
public struct AccountView: Hashable, Sendable {
    public var username: String
    public var registered: AccountVersion
    public var changed: AccountVersion

    public init(username: String, registered: AccountVersion, changed: AccountVersion) {
        self.username = username
        self.registered = registered
        self.changed = changed
    }

    init(_ account: Account) {
        self.init(username: account.shownName, registered: account.registered, changed: account.changed)
    }
}

extension Node {
    func administer(_ request: AccountRequest, on connection: ConnectionID) {
        if let refusal = refusal(ofPlainNodeSecret: connection)
            ?? refusal(ofNodeSecret: request.secret, on: connection)
        {
            send(.authenticationFail(refusal), to: connection)
            return forget(connection, manner: .afterFlush)
        }
        switch request.action {
        case .list(let page):
            let (listed, next) = accounts.page(page, limit: limits.accountsPerPage)
            tellTool(.accounts(listed.map { AccountView($0) }, nextPage: next), on: connection)
        case .show(let name):
            guard let account = accounts.account(meantBy: name) else { return tellUnknown(name, on: connection) }
            tellTool(.accounts([AccountView(account)], nextPage: nil), on: connection)
        case .settings:
            emit(.tellSettings(connection))
            answeredStranger(connection)
        case .sessions(let action): administer(action, on: connection)
        case .moving(let action): administer(action, on: connection)
        case .remove(let name):
            guard let account = accounts.account(meantBy: name) else { return tellUnknown(name, on: connection) }
            if let failure = accounts.changes.saves.failure { return tellNotSaved(failure, on: connection) }
            enter(removal(of: account), for: .tool(connection))
        case .reset(let name, let secret):
            guard let account = accounts.account(meantBy: name) else { return tellUnknown(name, on: connection) }
            if let failure = accounts.changes.saves.failure { return tellNotSaved(failure, on: connection) }
            if let info = flaw(inNewSecret: secret) { return tellTool(.failed(info: info), on: connection) }
            hash(secret, of: account.name, for: .reset(connection, account), from: source(of: connection))
        }
    }

    func removal(of account: Account) -> AccountChange {
        .removed(
            name: account.name,
            Removal(registered: account.registered, at: ordering.nextStamp(at: now.instant)))
    }

    /// The hash of an account's new secret has been computed; nil if it could not be.
    func reset(_ account: Account, _ hash: String?, on connection: ConnectionID) {
        guard let hash else { return tellTool(.failed(info: "too much to do now, try again"), on: connection) }
        guard let present = accounts[account.name], present.registered == account.registered else {
            return tellUnknown(account.shownName, on: connection)
        }
        enter(.registered(changed(present, hash)), for: .tool(connection))
    }

    func tellTool(_ answer: AccountAnswer, on connection: ConnectionID) {
        send(.administered(answer), to: connection)
        answeredStranger(connection)
    }

    private func tellUnknown(_ name: String, on connection: ConnectionID) {
        let alike = accounts.accounts(namedLike: name).map(\.shownName).sorted()
        if alike.count > 1 {
            let info = "these names count as one: \(alike.joined(separator: ", ")); name one as it was registered"
            return tellTool(.failed(info: info), on: connection)
        }
        tellTool(.failed(info: "nobody has registered \(name)"), on: connection)
    }

    private func tellNotSaved(_ failure: String, on connection: ConnectionID) {
        tellTool(.failed(info: "accounts can't be saved now: \(failure)"), on: connection)
    }
}
