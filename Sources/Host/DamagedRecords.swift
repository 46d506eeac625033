/// Account records that don't match their checksums, as a sentence for the operator.
struct DamagedRecords: CustomStringConvertible {
    let path: String
    let names: [String]

    /// How many names are listed: more wouldn't help, and a damaged page may hold hundreds.
    private static let named = 20

    var description: String {
        let some = names.prefix(Self.named).map { "\"\($0)\"" }.joined(separator: ", ")
        let rest = names.count > Self.named ? " and others" : ""
        return "\(path): \(names.count) records are damaged and count as if they weren't there; other nodes have them: "
            + "\(some)\(rest)"
    }
}
