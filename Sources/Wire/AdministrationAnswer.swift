import JSON
import Tree

/// `ADMINISTERED` as a tool reads it (docs/protocol.md#administration).
public enum AdministrationAnswer: Equatable, Sendable {
    /// - nextPage: the number of the page to ask for next; nil on the last page.
    case accounts([ToldAccount], nextPage: Int64?)
    /// The change is on this many disks.
    case done(durable: Int64)
    /// What a node runs with, as a page for people.
    case settings(String)
    /// A page of sessions; `next` is to be given back for the next page.
    case sessions([ToldSession], SessionsTold, next: String?)
    /// Sessions were ended, or a ban was made or lifted.
    case acted(SessionsTold)
    /// Whether the node is drained, and how many clients it has.
    case moving(isDraining: Bool, clients: Int64)
    /// - nextPage: as with accounts.
    case bans([ToldBan], nextPage: Int64?)
    case failed(info: String)
}

/// An account in a node's answer to a tool.
public struct ToldAccount: Equatable, Sendable {
    public let name: String
    public let registered: Stamp
    /// When its secret was last changed; nil if it never was.
    public let changed: Stamp?

    public init(name: String, registered: Stamp, changed: Stamp?) {
        self.name = name
        self.registered = registered
        self.changed = changed
    }

    package init?(_ value: JSONValue) {
        guard let name = value["username"]?.string, let stamp = value["stamp"]?.string.flatMap({ UInt64($0) }) else {
            return nil
        }
        self.init(
            name: name, registered: Stamp(stamp),
            changed: value["changed"]?.string.flatMap { UInt64($0) }.map { Stamp($0) })
    }
}

extension AdministrationAnswer {
    /// Nil if one of the accounts is not understood. A list without it would be wrong.
    init?(_ object: borrowing JSONObject) {
        if let isDraining = object.bool("draining") {
            self = .moving(isDraining: isDraining, clients: object.int("clients") ?? 0)
            return
        }
        if let told = SessionsTold(object) {
            guard object.bool("acted") != true else {
                self = .acted(told)
                return
            }
            let list = object.array("sessions") ?? []
            let sessions = list.compactMap { ToldSession($0) }
            guard sessions.count == list.count else { return nil }
            self = .sessions(sessions, told, next: object.string("next"))
            return
        }
        if let list = object.array("bans") {
            let bans = list.compactMap { ToldBan($0) }
            guard bans.count == list.count else { return nil }
            self = .bans(bans, nextPage: object.int("page"))
            return
        }
        if let durable = object.int("durable") {
            self = .done(durable: durable)
            return
        }
        if let text = object.string("settings") {
            self = .settings(text)
            return
        }
        guard let list = object.array("accounts") else {
            self = .failed(info: object.string("info") ?? Command.administered.rawValue)
            return
        }
        let accounts = list.compactMap { ToldAccount($0) }
        guard accounts.count == list.count else { return nil }
        self = .accounts(accounts, nextPage: object.int("page"))
    }
}
