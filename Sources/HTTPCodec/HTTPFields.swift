/// Header fields in the order in which they came. Names are compared without case.
public struct HTTPFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// A field: its name as it was written, and its value without the blanks around it.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public private(set) var all: [Field] = []

    public init() {}

    public init(dictionaryLiteral fields: (String, String)...) {
        all = fields.map { Field(name: $0.0, value: $0.1) }
    }

    public mutating func append(_ name: String, _ value: String) {
        all.append(Field(name: name, value: value))
    }

    /// The values of every field of this name.
    public func values(_ name: String) -> [String] {
        all.lazy.filter { Self.isSame($0.name, name) }.map(\.value)
    }

    /// The value of the field of this name; nil if there is none, or more than one.
    public func single(_ name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values[0] : nil
    }

    /// The elements of a list that may be spread over several fields of this name, in lower case.
    public func list(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }.map { Self.trimmed($0).lowercased() }.filter { !$0.isEmpty }
    }

    static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8) { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
