/// A user's name as a key: two keys are one if they have the same bytes, as in the accounts and their digests.
///
/// Strings won't do: to them é is é, whether it is written with one code point or with two. A table that took two names
/// for one would forget to save an account, or close the sessions of somebody else. Names that people type are folded
/// before they become keys: see `NameRules`.
struct NameKey: Hashable, Comparable {
    let name: String

    /// Of a name as it stands, such as that of a record.
    init(exactly name: String) { self.name = name }

    /// The same for all spellings of a name.
    init(folding name: String, by rules: some NameRules) { self.name = rules.folded(name) }

    static func == (a: NameKey, b: NameKey) -> Bool { a.name.utf8.elementsEqual(b.name.utf8) }

    static func < (a: NameKey, b: NameKey) -> Bool { a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
        hasher.combine(0xff as UInt8)
    }
}
