import JSON
import Tree

/// How entries look on the wire.
///
/// Clients read
/// ```
/// {"command":"ACTIVITY_BROADCAST","activity":{…},"id":"…","stamp":"…","session":"…","cseq":7,"copies":2}
/// ```
/// and a node reads the same line with `"hop":n,` after the command. So the line is made once, when the entry is
/// stored, and a link prepends a few bytes to what clients read.
public struct EntryLines: EntryFormat {
    private static let opening = Array(#"{"command":"ACTIVITY_BROADCAST","#.utf8)

    public init() {}

    public func process(_ text: [UInt8], sender: String) -> [UInt8] {
        JSONText.object(text, settingString: "authenticated_user", to: sender)
    }

    /// The line ends in `"copies":1}` and the line end.
    public var copiesFromEnd: Int { 3 }

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

    /// A client of a total order reads `"late":true,` after the command of what comes later than its place.
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

    /// Turns the line that clients read into the one for a node.
    public static func appendLink(_ line: Span<UInt8>, hop: UInt8, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: opening)
        bytes.append(contentsOf: #""hop":"#.utf8)
        IdentityText.append(UInt64(hop), to: &bytes)
        bytes.append(UInt8(ascii: ","))
        line.extracting(opening.count..<line.count).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// For entries that clients don't read.
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
        var members: [(String, JSONValue)] = [
            ("command", .string("ACCOUNT")), ("hop", .number(hop)),
            ("id", .string("\(IdentityText.text(entry.origin)).\(entry.sequence)")),
            ("at", .decimal(entry.stamp.value)),
        ]
        switch change {
        case .registered(let account):
            members.append(("username", .string(account.name)))
            members += AccountFields.members(of: account)
        case .removed(let name, let removal):
            members.append(("username", .string(name)))
            members += AccountFields.members(of: removal)
        }
        JSONValue.object(members).encode(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}
