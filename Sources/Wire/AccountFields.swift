import JSON
import Tree

// Accounts on the wire (docs/protocol.md#accounts): what registrations, logins, comparisons and administration share.

extension Fields {
    // MARK: Accounts

    private func version(_ stamp: String, _ origin: String) throws(WireError) -> AccountVersion {
        AccountVersion(stamp: try self.stamp(stamp), origin: try self.origin(origin))
    }

    func account() throws(WireError) -> Account {
        Account(
            name: try string("username"), hash: try string("hash"), registered: try version("stamp", "origin"),
            changed: has("changed") ? try version("changed", "changed_by") : nil)
    }

    func removal() throws(WireError) -> Removal {
        Removal(registered: try version("stamp", "origin"), at: try stamp("removed"))
    }

    func accountRecords(_ key: String) throws(WireError) -> [AccountRecord] {
        var records: [AccountRecord] = []
        for value in try array(key) {
            let fields = try Fields(value, key)
            var record = AccountRecord(name: try fields.string("username"))
            if fields.has("hash") { record.account = try fields.account() }
            if let removal = fields["removal"] { record.removal = try Fields(removal, "removal").removal() }
            records.append(record)
        }
        return records
    }

    // MARK: Who has them on disk

    func recordQuestion() throws(WireError) -> RecordQuestion {
        guard let id = try question("request") else { throw .missing("request") }
        return RecordQuestion(
            id: id, username: try string("username"), registered: try version("stamp", "origin"),
            changed: has("changed") ? try version("changed", "changed_by") : nil,
            copies: try number("copies", as: Int.self))
    }

    func recordAnswer() throws(WireError) -> RecordAnswer {
        guard let id = try question("request") else { throw .missing("request") }
        return RecordAnswer(id: id, holders: try nodes(), isUnknown: has("unknown") ? try bool("unknown") : false)
    }

    func nodes(_ key: String = "nodes") throws(WireError) -> [NodeID] {
        var nodes: [NodeID] = []
        for value in try array(key) {
            guard let node = value.string.flatMap({ IdentityText.node($0) }) else {
                throw .wrongType(key, "node ids")
            }
            nodes.append(node)
        }
        return nodes
    }

    // MARK: Comparing

    private static func prefix(_ value: JSONValue, _ key: String) throws(WireError) -> AccountPrefix {
        guard let text = value.string, let digits = text.isEmpty ? 0 : UInt64(text, radix: 16), text.first != "+",
            let prefix = AccountPrefix(length: text.utf8.count, digits: digits)
        else { throw .wrongType(key, "a prefix of up to \(AccountPrefix.longest) digits of base 16") }
        return prefix
    }

    private static func digest(_ value: JSONValue, _ key: String) throws(WireError) -> UInt64 {
        guard let digest = value.string.flatMap({ UInt64($0) }) else { throw .wrongType(key, "decimal strings") }
        return digest
    }

    private static func summary(_ values: ArraySlice<JSONValue>, _ key: String) throws(WireError) -> AccountSummary {
        guard values.count == 2, let count = values.last?.integer, (0...1 << 40).contains(count) else {
            throw .wrongType(key, "sums with counts")
        }
        return AccountSummary(sum: try digest(values.first!, key), count: Int(count))
    }

    func accountPrefix(_ key: String) throws(WireError) -> AccountPrefix {
        guard let value = self[key] else { throw .missing(key) }
        return try Self.prefix(value, key)
    }

    func digests(_ key: String) throws(WireError) -> [UInt64] {
        var digests: [UInt64] = []
        for value in try array(key) { digests.append(try Self.digest(value, key)) }
        return digests
    }

    func accountRanges(_ key: String) throws(WireError) -> [AccountRange] {
        var ranges: [AccountRange] = []
        for value in try array(key) {
            guard let parts = value.array, parts.count == 3 else {
                throw .wrongType(key, "prefixes with sums and counts")
            }
            ranges.append(
                AccountRange(prefix: try Self.prefix(parts[0], key), summary: try Self.summary(parts[1...], key)))
        }
        return ranges
    }

    func accountDifferences(_ key: String) throws(WireError) -> [AccountDifference] {
        var differences: [AccountDifference] = []
        for value in try array(key) {
            let fields = try Fields(value, key)
            let prefix = try fields.accountPrefix("prefix")
            guard fields.has("parts") else {
                differences.append(AccountDifference(prefix: prefix, content: .records(try fields.digests("records"))))
                continue
            }
            var parts: [AccountSummary] = []
            for part in try fields.array("parts") { parts.append(try Self.summary((part.array ?? [])[...], "parts")) }
            guard parts.count == 16 else { throw .wrongType("parts", "sixteen") }
            differences.append(AccountDifference(prefix: prefix, content: .parts(parts)))
        }
        return differences
    }

    // MARK: Administration

    func accountRequest() throws(WireError) -> AccountRequest {
        let action: AccountRequest.Action =
            switch try string("action") {
            case "list": .list(page: has("page") ? try number("page", as: Int.self) : 0)
            case "show": .show(username: try string("username"))
            case "remove": .remove(username: try string("username"))
            case "reset": .reset(username: try string("username"), secret: try secret("new_secret"))
            default: throw .wrongType("action", "list, show, remove or reset")
            }
        return AccountRequest(secret: try secret("secret"), action: action)
    }

    func accountAnswer() throws(WireError) -> AccountAnswer {
        if has("durable") { return .done(durable: try number("durable", as: Int.self)) }
        guard has("accounts") else { return .failed(info: try string("info")) }
        var views: [AccountView] = []
        for value in try array("accounts") {
            let fields = try Fields(value, "accounts")
            let registered = try fields.version("stamp", "origin")
            views.append(
                AccountView(
                    username: try fields.string("username"), registered: registered,
                    changed: fields.has("changed") ? try fields.version("changed", "changed_by") : registered))
        }
        return .accounts(views, nextPage: has("page") ? try number("page", as: Int.self) : nil)
    }
}

/// The same, as they are written.
enum AccountFields {
    typealias Members = [(String, JSONValue)]

    private static func members(
        of version: AccountVersion, _ stamp: String = "stamp", _ origin: String = "origin"
    ) -> Members {
        [(stamp, .decimal(version.stamp.value)), (origin, .string(IdentityText.text(version.origin)))]
    }

    private static func versions(_ registered: AccountVersion, _ changed: AccountVersion) -> Members {
        members(of: registered) + (changed == registered ? [] : members(of: changed, "changed", "changed_by"))
    }

    /// Without the name, which stands in the message already.
    static func members(of account: Account) -> Members {
        [("hash", .string(account.hash))] + versions(account.registered, account.changed)
    }

    /// Without the name.
    static func members(of removal: Removal) -> Members {
        members(of: removal.registered) + [("removed", .decimal(removal.at.value))]
    }

    static func members(of records: [AccountRecord], _ isAnswer: Bool) -> Members {
        let values = records.map { record in
            var members: Members = [("username", .string(record.name))]
            if let account = record.account { members += Self.members(of: account) }
            if let removal = record.removal { members.append(("removal", .object(Self.members(of: removal)))) }
            return JSONValue.object(members)
        }
        return [("records", .array(values))] + (isAnswer ? [("answer", .bool(true))] : [])
    }

    // MARK: Who has them on disk

    static func members(of question: RecordQuestion) -> Members {
        var members: Members = [("request", .question(question.id)), ("username", .string(question.username))]
        members += Self.members(of: question.registered)
        if let changed = question.changed { members += Self.members(of: changed, "changed", "changed_by") }
        members.append(("copies", .number(question.copies)))
        return members
    }

    static func members(of answer: RecordAnswer) -> Members {
        [("request", .question(answer.id)), ("nodes", .array(answer.holders.map { .node($0) }))]
            + (answer.isUnknown ? [("unknown", .bool(true))] : [])
    }

    // MARK: Comparing

    static func value(_ prefix: AccountPrefix) -> JSONValue {
        guard prefix.length > 0 else { return .string("") }
        let digits = String(prefix.digits, radix: 16)
        return .string(String(repeating: "0", count: prefix.length - digits.utf8.count) + digits)
    }

    static func value(_ range: AccountRange) -> JSONValue {
        .array([value(range.prefix), .decimal(range.summary.sum), .number(range.summary.count)])
    }

    static func value(_ difference: AccountDifference) -> JSONValue {
        let content: (String, JSONValue) =
            switch difference.content {
            case .parts(let parts): ("parts", .array(parts.map { .array([.decimal($0.sum), .number($0.count)]) }))
            case .records(let digests): ("records", .array(digests.map { .decimal($0) }))
            }
        return .object([("prefix", value(difference.prefix)), content])
    }

    // MARK: Administration

    static func members(of request: AccountRequest) -> Members {
        var members: Members = [("secret", .string(request.secret.text))]
        switch request.action {
        case .list(let page): members += [("action", .string("list")), ("page", .number(page))]
        case .show(let name): members += [("action", .string("show")), ("username", .string(name))]
        case .remove(let name): members += [("action", .string("remove")), ("username", .string(name))]
        case .reset(let name, let secret):
            members += [
                ("action", .string("reset")), ("username", .string(name)), ("new_secret", .string(secret.text)),
            ]
        }
        return members
    }

    static func members(of answer: AccountAnswer) -> Members {
        switch answer {
        case .done(let durable): return [("durable", .number(durable))]
        case .failed(let info): return [("info", .string(info))]
        case .accounts(let views, let next):
            let values = views.map { view in
                JSONValue.object([("username", .string(view.username))] + versions(view.registered, view.changed))
            }
            return [("accounts", .array(values))] + (next.map { [("page", .number($0))] } ?? [])
        }
    }
}
