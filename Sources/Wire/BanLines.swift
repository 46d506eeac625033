import JSON
import Tree

// Bans (docs/protocol.md#bans): as nodes tell each other of them, and as they stand in a file.

extension BanTarget {
    /// - Returns: nil if the fields name nobody.
    init?(of fields: Fields) throws(WireError) {
        if fields.has("username") {
            self = .name(try fields.username())
        } else if fields.has("address") {
            guard let range = PeerRange(try fields.string("address", limitBytes: FieldBounds.rangeBytes)) else {
                throw .wrongType("address", "an address, or a range of them")
            }
            self = .address(range)
        } else if fields.has("session") {
            self = .session(try fields.string("session", limitBytes: FieldBounds.sessionBytes))
        } else {
            return nil
        }
    }

    init(_ fields: Fields) throws(WireError) {
        guard let target = try BanTarget(of: fields) else { throw .missing("username, address or session") }
        self = target
    }

    var members: Members {
        switch self {
        case .name(let name): [("username", .string(name))]
        case .address(let range): [("address", .string(range.description))]
        case .session(let session): [("session", .string(session))]
        }
    }
}

extension BanRecord {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            target: try BanTarget(fields),
            version: AccountVersion(stamp: try fields.stamp("stamp"), origin: try fields.origin("origin")),
            isLifted: try fields.flag("lifted"),
            until: fields.has("until") ? try fields.count("until") : nil,
            reason: try fields.optionalString("reason", limitBytes: FieldBounds.reasonBytes) ?? "",
            replaces: try fields.flag("replaces"))
    }

    var members: Members {
        var members = target.members
        members += [
            ("stamp", .decimal(version.stamp.value)), ("origin", .string(IdentityText.text(version.origin))),
        ]
        if isLifted { members.append(("lifted", .bool(true))) }
        if let until { members.append(("until", .number(until))) }
        if !reason.isEmpty { members.append(("reason", .string(reason))) }
        if replaces { members.append(("replaces", .bool(true))) }
        return members
    }
}

/// `COMPARE_BANS`, `COMPARED_BANS` and `FETCH_BANS`
enum BanDigestsLine {
    static func sum(_ fields: Fields) throws(WireError) -> UInt64 {
        guard let sum = UInt64(try fields.string("sum")) else { throw .wrongType("sum", "a decimal string") }
        return sum
    }

    static func digests(_ fields: Fields) throws(WireError) -> [UInt64] {
        var digests: [UInt64] = []
        for value in try fields.array("bans", limit: FieldBounds.bans) {
            guard let digest = value.string.flatMap({ UInt64($0) }) else { throw .wrongType("bans", "decimal strings") }
            digests.append(digest)
        }
        return digests
    }

    static func members(_ digests: [UInt64]) -> Members { [("bans", .array(digests.map { .decimal($0) }))] }
}

/// `BANS`
enum BansLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        var records: [BanRecord] = []
        for value in try fields.array("bans", limit: FieldBounds.records) {
            records.append(try BanRecord(Fields(value, "bans")))
        }
        return .bans(records)
    }

    static func members(_ records: [BanRecord]) -> Members {
        [("bans", .array(records.map { .object($0.members) }))]
    }
}

/// The bans in a file: one a line, each with its checksum.
public enum BanFile {
    public static func bytes(of records: [BanRecord]) -> [UInt8] {
        var bytes: [UInt8] = []
        for record in records {
            JSONValue.object(record.members + [("checksum", .decimal(record.digest))]).encode(into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// - Returns: the records that match their checksums, and how many lines hold none.
    public static func read(_ bytes: [UInt8]) -> (records: [BanRecord], damaged: Int) {
        var records: [BanRecord] = []
        var damaged = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let record = record(Array(line)) { records.append(record) } else { damaged += 1 }
        }
        return (records, damaged)
    }

    private static func record(_ line: [UInt8]) -> BanRecord? {
        guard let object = try? JSONObject(parsing: line.span.bytes), let checksum = object.string("checksum"),
            let record = try? BanRecord(Fields(object.members)), checksum == String(record.digest)
        else { return nil }
        return record
    }
}
