/// A JSON value that a test writes or reads. It is separate from the product's own JSON, so that mistakes there are
/// noticed.
///
/// Integers and other numbers differ: a port that comes as `4101.0` or `"4101"` is not the port 4101.
enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case list([JSONValue])
    case object([String: JSONValue])
}

// MARK: - Looking inside

extension JSONValue {
    /// The member of an object; nil if there is none, or if this is no object.
    subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    var truth: Bool? {
        guard case .bool(let truth) = self else { return nil }
        return truth
    }

    var elements: [JSONValue]? {
        guard case .list(let elements) = self else { return nil }
        return elements
    }

    var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// An integer, also if it was written as a string, since 64-bit numbers come in both forms.
    var lenientInteger: Int? { integer ?? text.flatMap { Int($0) } }
}

// MARK: - Writing tests with literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}

// MARK: - One line of text

extension JSONValue {
    /// The value on one line, with keys in alphabetical order.
    var line: String {
        switch self {
        case .null: "null"
        case .bool(let truth): truth ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .string(let text): Self.quoted(text)
        case .list(let elements): "[" + elements.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + $0.value.line }
                .joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
