/// A user's name as a key: two names are one if they have the same bytes, as in the accounts and their digests.
///
/// Strings won't do: to them é is é, whether it is written with one code point or with two. A table that took two names
/// for one would forget to save an account, or close the sessions of somebody else.
struct NameKey: Hashable, Comparable {
    let name: String

    init(_ name: String) { self.name = name }

    static func == (a: NameKey, b: NameKey) -> Bool { a.name.utf8.elementsEqual(b.name.utf8) }

    static func < (a: NameKey, b: NameKey) -> Bool { a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
        hasher.combine(0xff as UInt8)
    }
}
