/// A JSON value as a Swift value, to build or to take apart messages that are rare.
///
/// Strings are compared byte by byte. Swift's own comparison takes different spellings of one character for equal.
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that isn't finite is written as `null`.
    case real(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONMembers)
}

/// The members of an object, in their order. No key stands there twice.
public struct JSONMembers: Equatable, Sendable {
    public private(set) var list: [Member] = []

    public struct Member: Equatable, Sendable {
        public let key: String
        public var value: JSONValue

        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }

        public static func == (one: Member, other: Member) -> Bool {
            sameBytes(one.key, other.key) && one.value == other.value
        }
    }

    public init() {}

    /// For members whose keys are known to differ.
    public init(unique list: [Member]) {
        self.list = list
    }

    public var count: Int { list.count }
    public var isEmpty: Bool { list.isEmpty }

    /// The value of a key. Setting replaces the value without moving the member, or adds a member at the end; setting
    /// `nil` removes the member. The search is linear.
    public subscript(key: String) -> JSONValue? {
        get {
            list.first { sameBytes($0.key, key) }?.value
        }
        set {
            let index = list.firstIndex { sameBytes($0.key, key) }
            switch (index, newValue) {
            case (let index?, let value?): list[index].value = value
            case (let index?, nil): list.remove(at: index)
            case (nil, let value?): list.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

/// Whether two strings consist of the same bytes.
func sameBytes(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
}

extension JSONValue: Equatable {
    public static func == (one: JSONValue, other: JSONValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.integer(let one), .integer(let other)): one == other
        case (.real(let one), .real(let other)): one == other
        case (.string(let one), .string(let other)): sameBytes(one, other)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: false
        }
    }
}

extension JSONValue {
    /// The text; `nil` if this is no string.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The whole number; `nil` if this is something else, a real number included.
    public var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// The truth value; `nil` if this is none.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The elements; `nil` if this is no array.
    public var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The members; `nil` if this is no object.
    public var object: JSONMembers? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The value of a key; `nil` if there is none or if this is no object.
    public subscript(key: String) -> JSONValue? {
        object?[key]
    }
}

extension JSONMembers: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var members = JSONMembers()
        for (key, value) in elements { members[key] = value }
        self = .object(members)
    }

    public init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    public init(stringLiteral value: String) {
        self = .string(value)
    }

    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    public init(floatLiteral value: Double) {
        self = .real(value)
    }

    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    public init(nilLiteral: ()) {
        self = .null
    }
}
