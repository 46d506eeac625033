import JSON
import Tree

/// `COMPARE_ENTRIES`: each range is its first entry, the number of its last one, and the digest of all
/// (docs/protocol.md#entries-that-differ).
enum CompareEntriesLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        var ranges: [EntryRange] = []
        for value in try fields.array("ranges", limit: FieldBounds.ranges) {
            let part = try Fields(value, "ranges")
            guard let (origin, from) = IdentityText.entry(try part.string("from")) else {
                throw .wrongType("from", "the id of an entry")
            }
            ranges.append(
                EntryRange(
                    origin: origin, from: from, through: try part.number("through"), digest: try digest(part)))
        }
        return .compareEntries(ranges)
    }

    private static func digest(_ part: Fields) throws(WireError) -> UInt64 {
        guard let digest = UInt64(try part.string("digest")) else { throw .wrongType("digest", "a decimal string") }
        return digest
    }

    static func members(_ ranges: [EntryRange]) -> Members {
        let values = ranges.map { range -> JSONValue in
            .object([
                ("from", .string("\(IdentityText.text(range.origin)).\(range.from)")),
                ("through", .number(range.through)),
                ("digest", .decimal(range.digest)),
            ])
        }
        return [("ranges", .array(values))]
    }
}
