/// When two spellings of a name are one name, and which names nobody may register (docs/protocol.md#names).
///
/// The node is given the rules at its start, since it has no table of characters itself; for names of ASCII alone it
/// needs none. All of it are pure functions.
public protocol NameRules: Sendable {
    /// Of a name with characters beyond ASCII: the form in which it is compared, which is its own folded form. Small
    /// ASCII letters stand in it for capital ones.
    func folded(beyondASCII name: String) -> String

    /// Why nobody may register a name with characters beyond ASCII, as a sentence; nil if somebody may.
    func flaw(beyondASCII name: String) -> String?
}

extension NameRules {
    /// The form in which names are compared: all spellings of one name have the same. A name that is folded already
    /// comes back as it is, without a copy.
    public func folded(_ name: String) -> String {
        var hasCapitals = false
        for byte in name.utf8 {
            if byte >= 0x80 { return folded(beyondASCII: name) }
            if byte.isCapital { hasCapitals = true }
        }
        return hasCapitals ? String(decoding: name.utf8.map(\.small), as: UTF8.self) : name
    }

    /// Whether two spellings are one name. For those of ASCII it takes no memory.
    public func areOne(_ one: String, _ other: String) -> Bool {
        let (ones, others) = (one.utf8, other.utf8)
        if ones.isASCII, others.isASCII {
            return ones.count == others.count && zip(ones, others).allSatisfy { $0.small == $1.small }
        }
        return folded(one).utf8.elementsEqual(folded(other).utf8)
    }

    /// Why nobody may register a name, as a sentence; nil if somebody may.
    public func flaw(in name: String) -> String? {
        guard let first = name.first, let last = name.last else { return "the username is empty" }
        if first.isWhitespace || last.isWhitespace { return "the username begins or ends with a blank" }
        guard name.utf8.isASCII else { return flaw(beyondASCII: name) }
        return name.utf8.contains { $0 < 0x20 || $0 == 0x7f } ? "the username has a character that can't be seen" : nil
    }
}

/// Rules that know ASCII alone: beyond it names are compared as they stand, and all may be registered.
public struct ASCIINames: NameRules {
    public init() {}

    public func folded(beyondASCII name: String) -> String {
        String(decoding: name.utf8.map(\.small), as: UTF8.self)
    }

    public func flaw(beyondASCII name: String) -> String? { nil }
}

extension String.UTF8View {
    fileprivate var isASCII: Bool { allSatisfy { $0 < 0x80 } }
}

extension UInt8 {
    fileprivate var isCapital: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    fileprivate var small: UInt8 { isCapital ? self | 0x20 : self }
}
