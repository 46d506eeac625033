import JSON
import Tree

/// Writes entries as lines, and reads them.
///
/// Clients read
/// ```
/// {"command":"ACTIVITY_BROADCAST","activity":{…},"id":"…","stamp":"…","session":"…","cseq":7,"copies":2}
/// ```
/// A node reads the same line with `"hop":n,` after the command. So the line is made once, when the entry is stored,
/// and for a link a few bytes at its beginning are replaced.
public struct EntryLines: EntryFormat {
    private static let opening = Array(#"{"command":"ACTIVITY_BROADCAST","#.utf8)

    public init() {}

    /// The activity with `authenticated_user` set to the sender. All other bytes stay.
    public func process(_ text: [UInt8], sender: String) -> [UInt8] {
        JSONText.object(text, settingString: "authenticated_user", to: sender)
    }

    /// The line ends in `"copies":1}` and the line end.
    public var copiesFromEnd: Int { 3 }

    /// Appends the line that clients read. The entry must be an activity.
    public func appendLine(of entry: Entry, to bytes: inout [UInt8]) {
        guard case .activity(let activity) = entry.body else { preconditionFailure("clients don't read \(entry)") }
        bytes.append(contentsOf: Self.opening)
        bytes.append(contentsOf: #""activity":"#.utf8)
        bytes.append(contentsOf: activity.text)
        bytes.append(contentsOf: #","id":""#.utf8)
        IdentityText.append(entry.origin, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        IdentityText.append(entry.sequence, to: &bytes)
        bytes.append(contentsOf: #"","stamp":""#.utf8)
        IdentityText.append(entry.stamp.value, to: &bytes)
        bytes.append(contentsOf: #"","#.utf8)
        if let retry = activity.retry {
            bytes.append(contentsOf: #""session":"#.utf8)
            JSONText.appendString(retry.session, to: &bytes)
            bytes.append(contentsOf: #","cseq":"#.utf8)
            IdentityText.append(retry.sequence, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: "\"copies\":1}\n".utf8)
    }

    /// Appends a line for a client of a total order. An entry that is shown later than its position gets `"late":true,`
    /// after the command.
    public func append(_ line: Span<UInt8>, isLate: Bool, to bytes: inout [UInt8]) {
        var from = 0
        if isLate, !Self.isMarkedLate(line) {
            bytes.append(contentsOf: Self.opening)
            bytes.append(contentsOf: Self.lateMark)
            from = Self.opening.count
        }
        line.extracting(from..<line.count).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    private static let lateMark = Array(#""late":true,"#.utf8)

    private static func isMarkedLate(_ line: Span<UInt8>) -> Bool {
        guard line.count > opening.count + lateMark.count else { return false }
        return lateMark.indices.allSatisfy { line[opening.count + $0] == lateMark[$0] }
    }

    // MARK: For links

    /// Turns the line that clients read into the line for a node.
    public static func appendLink(_ line: Span<UInt8>, hop: UInt8, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: opening)
        bytes.append(contentsOf: #""hop":"#.utf8)
        IdentityText.append(UInt64(hop), to: &bytes)
        bytes.append(UInt8(ascii: ","))
        line.extracting(opening.count..<line.count).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Appends any entry for a node. For an entry that clients read, the method above costs less, since it copies the
    /// line.
    public func appendLink(_ entry: Entry, hop: UInt8, to bytes: inout [UInt8]) {
        switch entry.body {
        case .activity:
            var line: [UInt8] = []
            appendLine(of: entry, to: &line)
            Self.appendLink(line.span, hop: hop, to: &bytes)
        case .account(let change):
            appendLink(change, of: entry, hop: hop, to: &bytes)
        }
    }

    private func appendLink(_ change: AccountChange, of entry: Entry, hop: UInt8, to bytes: inout [UInt8]) {
        var members: Members = [
            ("command", .string(Command.account.rawValue)), ("hop", .number(hop)),
            ("id", .string("\(IdentityText.text(entry.origin)).\(entry.sequence)")),
            ("at", .decimal(entry.stamp.value)),
        ]
        switch change {
        case .registered(let account):
            members.append(("username", .string(account.name)))
            members += account.members
        case .removed(let name, let removal):
            members.append(("username", .string(name)))
            members += removal.members
        }
        JSONValue.object(members).encode(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// `ACCOUNT`
    static func accountEntry(_ fields: Fields) throws(WireError) -> Message {
        guard let (origin, sequence) = IdentityText.entry(try fields.string("id")) else {
            throw .wrongType("id", "an entry's id")
        }
        let change: AccountChange =
            fields.has("hash")
            ? .registered(try Account(fields))
            : .removed(name: try fields.username(), try Removal(fields))
        let entry = Entry(origin: origin, sequence: sequence, stamp: try fields.stamp("at"), body: .account(change))
        return .entry(entry, hop: try fields.number("hop", as: UInt8.self))
    }
}

// MARK: Broadcasts as a server reads them

extension EntryLines {
    /// `ACTIVITY_BROADCAST`. With `hop` it is an entry from a node; without it comes from a server that is no node.
    static func broadcast(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) -> Message {
        let text = try activityText(object, line)
        let sender = senderName(in: text)
        guard sender.utf8.count <= FieldBounds.nameBytes else {
            throw .tooLong("authenticated_user", FieldBounds.nameBytes)
        }
        guard let id = object.string("id"), let (origin, sequence) = IdentityText.entry(id) else {
            return .broadcast(activity: text, sender: sender, id: OriginalLines.number(object).map { .number($0) })
        }
        guard object.has("hop") else {
            return .broadcast(activity: text, sender: sender, id: .entry(origin, sequence))
        }
        guard let hop = object.int("hop").flatMap({ UInt8(exactly: $0) }) else {
            throw .outOfRange("hop", 0...255)
        }
        guard let stamp = object.string("stamp").flatMap({ UInt64($0) }), stamp <= Stamp.limit.value else {
            throw object.has("stamp") ? .wrongType("stamp", "a stamp") : .missing("stamp")
        }
        var retry: RetryKey?
        if let session = object.string("session") {
            guard session.utf8.count <= FieldBounds.sessionBytes else {
                throw .tooLong("session", FieldBounds.sessionBytes)
            }
            // It would be written with a number that nobody takes.
            guard let sequence = try sequenceNumber(object) else { throw .missing("cseq") }
            retry = RetryKey(session: session, sequence: sequence)
        }
        let activity = Activity(sender: sender, text: text, retry: retry)
        let entry = Entry(origin: origin, sequence: sequence, stamp: Stamp(stamp), body: .activity(activity))
        return .entry(entry, hop: hop)
    }

    /// A broadcast to a server that is no node, without an id.
    static func append(broadcast text: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: opening)
        bytes.append(contentsOf: #""activity":"#.utf8)
        bytes.append(contentsOf: text)
        bytes.append(contentsOf: "}\n".utf8)
    }

    /// The number that the client gave its message.
    static func sequenceNumber(_ object: borrowing JSONObject) throws(WireError) -> UInt64? {
        guard object.has("cseq") else { return nil }
        guard let sequence = object.int("cseq"), sequence > 0 else {
            throw .wrongType("cseq", "a whole number from 1 on")
        }
        return UInt64(sequence)
    }

    /// The bytes of the activity as they came.
    static func activityText(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) -> [UInt8] {
        switch object.kind("activity") {
        case .object?: break
        case nil, .null?: throw .missing("activity")
        default: throw .wrongType("activity", "an object")
        }
        guard let range = JSONText.valueRange(ofKey: "activity", in: line) else { throw .missing("activity") }
        return line.extracting(range).withUnsafeBytes { [UInt8]($0) }
    }

    /// The name of the sender, which a node has set in the activity.
    private static func senderName(in text: [UInt8]) -> String {
        guard let range = JSONText.valueRange(ofKey: "authenticated_user", in: text),
            let name = try? JSONObject(parsing: [UInt8]("{\"n\":".utf8) + text[range] + [UInt8(ascii: "}")]).string("n")
        else { return "" }
        return name
    }
}
