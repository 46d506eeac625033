import JSON
import Tree

// Messages about accounts (docs/protocol.md#accounts, #administration). Each message stands here twice: as a node reads
// it, and beside that its fields as they are written.

extension AccountVersion {
    fileprivate init(
        _ fields: Fields, _ stamp: String = "stamp", _ origin: String = "origin"
    ) throws(WireError) {
        self.init(stamp: try fields.stamp(stamp), origin: try fields.origin(origin))
    }

    /// The version of the last change of the secret; nil if the secret was never changed.
    fileprivate static func ofChange(_ fields: Fields) throws(WireError) -> AccountVersion? {
        fields.has("changed") ? try AccountVersion(fields, "changed", "changed_by") : nil
    }

    fileprivate func members(_ stamp: String = "stamp", _ origin: String = "origin") -> Members {
        [(stamp, .decimal(self.stamp.value)), (origin, .string(IdentityText.text(self.origin)))]
    }

    fileprivate static func members(_ registered: AccountVersion, _ changed: AccountVersion?) -> Members {
        registered.members() + (changed?.members("changed", "changed_by") ?? [])
    }
}

// MARK: Records

extension Account {
    /// - Parameter key: where its name stands.
    init(_ fields: Fields, named key: String = "username") throws(WireError) {
        self.init(
            name: try fields.string(key, limitBytes: FieldBounds.nameBytes),
            spelling: fields.has("spelling") ? try fields.string("spelling", limitBytes: FieldBounds.nameBytes) : nil,
            hash: try fields.string("hash", limitBytes: FieldBounds.hashBytes),
            registered: try AccountVersion(fields), changed: try AccountVersion.ofChange(fields))
    }

    /// Without the name, which stands in the message already.
    var members: Members {
        let versions = AccountVersion.members(registered, changed == registered ? nil : changed)
        return [("hash", .string(hash))] + versions + (spelling.map { [("spelling", .string($0))] } ?? [])
    }
}

extension Removal {
    init(_ fields: Fields) throws(WireError) {
        self.init(registered: try AccountVersion(fields), at: try fields.stamp("removed"))
    }

    /// Without the name.
    var members: Members { registered.members() + [("removed", .decimal(at.value))] }
}

extension AccountRecord {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(name: try fields.username())
        if fields.has("hash") { account = try Account(fields) }
        if fields.has("removal") { removal = try Removal(fields.object("removal")) }
    }

    fileprivate var members: Members {
        var members: Members = [("username", .string(name))]
        if let account { members += account.members }
        if let removal { members.append(("removal", .object(removal.members))) }
        return members
    }
}

/// `ACCOUNTS`
enum AccountsLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        var records: [AccountRecord] = []
        for value in try fields.array("records", limit: FieldBounds.records) {
            records.append(try AccountRecord(Fields(value, "records")))
        }
        return .accounts(records, isAnswer: try fields.flag("answer"))
    }

    static func members(_ records: [AccountRecord], isAnswer: Bool) -> Members {
        [("records", .array(records.map { .object($0.members) }))] + (isAnswer ? [("answer", .bool(true))] : [])
    }
}

// MARK: Questions about a name

extension NameQuestion {
    init(_ fields: Fields) throws(WireError) {
        let id = try fields.optionalQuestion()
        self.init(
            username: try fields.username(), secret: try fields.secretOfServer(besides: id), id: id,
            stamp: try fields.optionalStamp("stamp") ?? .zero)
    }

    var members: Members {
        var members: Members = [("username", .string(username))]
        if let secret { members.append(("secret", .string(secret.text))) }
        if let id { members += [("request", .question(id)), ("stamp", .decimal(stamp.value))] }
        return members
    }
}

extension NameAnswer {
    init(_ fields: Fields) throws(WireError) {
        // What was asked about may be spelled in another way than the account's name.
        let key = fields.has("name") ? "name" : "username"
        let id = try fields.optionalQuestion()
        self.init(
            username: try fields.username(), secret: try fields.secretOfServer(besides: id), id: id,
            account: fields.has("hash") ? try Account(fields, named: key) : nil,
            isUnknown: try fields.flag("unknown"))
    }

    var members: Members {
        var members: Members = [("username", .string(username))]
        if let secret { members.append(("secret", .string(secret.text))) }
        if let id { members.append(("request", .question(id))) }
        if let account {
            if !account.name.utf8.elementsEqual(username.utf8) { members.append(("name", .string(account.name))) }
            members += account.members
        }
        if isUnknown { members.append(("unknown", .bool(true))) }
        return members
    }
}

extension Fields {
    /// The secret in a message of a server that is no node. A node's message has the question's id, and no secret: one
    /// that stands there all the same is left unread.
    fileprivate func secretOfServer(besides id: QuestionID?) throws(WireError) -> Secret? {
        id == nil ? try boundedSecret() : nil
    }
}

// MARK: Which nodes have them on disk

extension RecordQuestion {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            id: try fields.question(), username: try fields.username(),
            registered: try AccountVersion(fields), changed: try AccountVersion.ofChange(fields),
            copies: try fields.number("copies", as: Int.self))
    }

    var members: Members {
        [("request", .question(id)), ("username", .string(username))] + AccountVersion.members(registered, changed)
            + [("copies", .number(copies))]
    }
}

extension RecordAnswer {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            id: try fields.question(), holders: try fields.nodes("nodes"), isUnknown: try fields.flag("unknown"))
    }

    var members: Members {
        [("request", .question(id)), ("nodes", .nodes(holders))] + (isUnknown ? [("unknown", .bool(true))] : [])
    }
}

// MARK: Comparing

extension AccountPrefix {
    fileprivate init(_ value: JSONValue, _ key: String) throws(WireError) {
        guard let text = value.string, let digits = text.isEmpty ? 0 : UInt64(text, radix: 16), text.first != "+",
            let prefix = AccountPrefix(length: text.utf8.count, digits: digits)
        else { throw .wrongType(key, "a prefix of up to \(AccountPrefix.longest) digits of base 16") }
        self = prefix
    }

    fileprivate var value: JSONValue {
        guard length > 0 else { return .string("") }
        let text = String(digits, radix: 16)
        return .string(String(repeating: "0", count: length - text.utf8.count) + text)
    }
}

extension AccountSummary {
    fileprivate init(_ values: ArraySlice<JSONValue>, _ key: String) throws(WireError) {
        guard values.count == 2, let count = values.last?.integer, (0...1 << 40).contains(count) else {
            throw .wrongType(key, "sums with counts")
        }
        self.init(sum: try Digests.digest(values.first!, key), count: Int(count))
    }

    fileprivate var values: [JSONValue] { [.decimal(sum), .number(count)] }
}

private enum Digests {
    static func digest(_ value: JSONValue, _ key: String) throws(WireError) -> UInt64 {
        guard let digest = value.string.flatMap({ UInt64($0) }) else { throw .wrongType(key, "decimal strings") }
        return digest
    }

    static func digests(_ fields: Fields, _ key: String) throws(WireError) -> [UInt64] {
        var digests: [UInt64] = []
        for value in try fields.array(key, limit: FieldBounds.digests) { digests.append(try digest(value, key)) }
        return digests
    }

    static func value(_ digests: [UInt64]) -> JSONValue { .array(digests.map { .decimal($0) }) }
}

/// `COMPARE_ACCOUNTS`
enum CompareAccountsLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        var ranges: [AccountRange] = []
        for value in try fields.array("ranges", limit: FieldBounds.ranges) {
            guard let parts = value.array, parts.count == 3 else {
                throw .wrongType("ranges", "prefixes with sums and counts")
            }
            ranges.append(
                AccountRange(
                    prefix: try AccountPrefix(parts[0], "ranges"), summary: try AccountSummary(parts[1...], "ranges")))
        }
        return .compareAccounts(ranges)
    }

    static func members(_ ranges: [AccountRange]) -> Members {
        [("ranges", .array(ranges.map { .array([$0.prefix.value] + $0.summary.values) }))]
    }
}

/// `COMPARED_ACCOUNTS`
enum ComparedAccountsLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        var differences: [AccountDifference] = []
        for value in try fields.array("differences", limit: FieldBounds.ranges) {
            let part = try Fields(value, "differences")
            differences.append(AccountDifference(prefix: try prefix(part), content: try content(part)))
        }
        return .comparedAccounts(differences)
    }

    static func prefix(_ fields: Fields) throws(WireError) -> AccountPrefix {
        guard let value = fields["prefix"] else { throw .missing("prefix") }
        return try AccountPrefix(value, "prefix")
    }

    private static func content(_ fields: Fields) throws(WireError) -> AccountDifference.Content {
        guard fields.has("parts") else { return .records(try Digests.digests(fields, "records")) }
        var parts: [AccountSummary] = []
        for part in try fields.array("parts") { parts.append(try AccountSummary((part.array ?? [])[...], "parts")) }
        guard parts.count == 16 else { throw .wrongType("parts", "sixteen") }
        return .parts(parts)
    }

    static func members(_ differences: [AccountDifference]) -> Members {
        let values = differences.map { difference in
            let content: Members =
                switch difference.content {
                case .parts(let parts): [("parts", .array(parts.map { .array($0.values) }))]
                case .records(let digests): [("records", Digests.value(digests))]
                }
            return JSONValue.object([("prefix", difference.prefix.value)] + content)
        }
        return [("differences", .array(values))]
    }
}

/// `FETCH_ACCOUNTS`
enum FetchAccountsLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        .fetchAccounts(try ComparedAccountsLine.prefix(fields), try Digests.digests(fields, "records"))
    }

    static func members(_ prefix: AccountPrefix, _ digests: [UInt64]) -> Members {
        [("prefix", prefix.value), ("records", Digests.value(digests))]
    }
}

// MARK: Administration

extension AccountRequest {
    init(_ fields: Fields) throws(WireError) {
        let name = try fields.string("action")
        if let action = try SessionAction(named: name, fields) {
            self.init(secret: try fields.secret("secret"), action: .sessions(action))
            return
        }
        if let action = try MovingAction(named: name, fields) {
            self.init(secret: try fields.secret("secret"), action: .moving(action))
            return
        }
        let action: AccountRequest.Action =
            switch name {
            case "list": .list(page: fields.has("page") ? try fields.number("page", as: Int.self) : 0)
            case "show": .show(username: try fields.string("username"))
            case "remove": .remove(username: try fields.string("username"))
            case "reset": .reset(username: try fields.string("username"), secret: try fields.secret("new_secret"))
            case "settings": .settings
            default:
                throw .wrongType("action", "one of those in docs/protocol.md#administration")
            }
        self.init(secret: try fields.secret("secret"), action: action)
    }

    var members: Members {
        let first: Members = [("secret", .string(secret.text))]
        return switch action {
        case .list(let page): first + [("action", .string("list")), ("page", .number(page))]
        case .show(let name): first + [("action", .string("show")), ("username", .string(name))]
        case .settings: first + [("action", .string("settings"))]
        case .sessions(let action): first + action.members
        case .moving(let action): first + action.members
        case .remove(let name): first + [("action", .string("remove")), ("username", .string(name))]
        case .reset(let name, let secret):
            first + [
                ("action", .string("reset")), ("username", .string(name)), ("new_secret", .string(secret.text)),
            ]
        }
    }
}

extension AccountAnswer {
    init(_ fields: Fields) throws(WireError) {
        if fields.has("draining") {
            self = .moving(
                MovingAnswer(isDraining: try fields.bool("draining"), clients: Int(try fields.count("clients"))))
            return
        }
        if fields.has("nodes") {
            let answer = try SessionsAnswer(fields)
            if try fields.flag("acted") {
                self = .acted(answer)
            } else {
                self = .sessions(answer, next: try SessionPosition(fields, "next"))
            }
            return
        }
        if fields.has("bans") {
            guard case .bans(let records) = try BansLine.message(fields) else { preconditionFailure("it reads bans") }
            self = .bans(records, nextPage: fields.has("page") ? try fields.number("page", as: Int.self) : nil)
            return
        }
        if fields.has("durable") {
            self = .done(durable: try fields.number("durable", as: Int.self))
            return
        }
        if fields.has("settings") {
            self = .settings(try fields.string("settings"))
            return
        }
        guard fields.has("accounts") else {
            self = .failed(info: try fields.string("info"))
            return
        }
        var views: [AccountView] = []
        for value in try fields.array("accounts", limit: FieldBounds.accounts) {
            let view = try Fields(value, "accounts")
            let registered = try AccountVersion(view)
            views.append(
                AccountView(
                    username: try view.string("username"), registered: registered,
                    changed: try AccountVersion.ofChange(view) ?? registered))
        }
        self = .accounts(views, nextPage: fields.has("page") ? try fields.number("page", as: Int.self) : nil)
    }

    var members: Members {
        switch self {
        case .done(let durable): return [("durable", .number(durable))]
        case .failed(let info): return [("info", .string(info))]
        case .settings(let text): return [("settings", .string(text))]
        case .sessions(let answer, let next): return answer.members + (next.map { [("next", .string($0.text))] } ?? [])
        case .moving(let answer):
            return [("draining", .bool(answer.isDraining)), ("clients", .number(answer.clients))]
        case .acted(let answer): return answer.members + [("acted", .bool(true))]
        case .bans(let records, let next):
            return BansLine.members(records) + (next.map { [("page", .number($0))] } ?? [])
        case .accounts(let views, let next):
            let values = views.map { view in
                JSONValue.object(
                    [("username", .string(view.username))]
                        + AccountVersion.members(view.registered, view.changed == view.registered ? nil : view.changed))
            }
            return [("accounts", .array(values))] + (next.map { [("page", .number($0))] } ?? [])
        }
    }
}
