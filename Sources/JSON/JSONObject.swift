import CJansson

/// A received object that jansson has parsed and checked, for reading its fields.
///
/// It is stricter than jansson by itself: the top level is an object, no key stands there twice, and the depth of
/// nesting and the number of values are checked before anything is parsed. jansson checks the rest: valid UTF-8, no
/// zero characters, integers of 64 bits, nothing after the end.
///
/// A field of another type than asked for reads as absent; `kind` tells the two apart. A field that is `null` is absent
/// too: some programs write that for what they don't have.
public struct JSONObject: ~Copyable {
    /// Levels of nesting that a message may have. People need fewer, and the stack holds them easily.
    public static let defaultDepthLimit = 64

    private let root: UnsafeMutablePointer<json_t>

    /// - Parameters:
    ///   - bigNumbers: where numbers may stand that 64 bits don't hold. Such a number reads as a real number with
    ///     another value than the text has.
    ///   - mayBeDense: whether the text may have more values than its length allows: only what this program's own
    ///     processes say to each other.
    /// - Throws: why the text is refused.
    public init(
        parsing bytes: RawSpan, depthLimit: Int = defaultDepthLimit, bigNumbers: BigNumbers = .refused,
        mayBeDense: Bool = false
    ) throws(JSONError) {
        let result = bytes.withUnsafeBytes { bytes in
            guard let covered = NumberText.covered(bytes, bigNumbers) else {
                return JSONObject.parse(bytes, depthLimit, mayBeDense)
            }
            return covered.withUnsafeBytes { JSONObject.parse($0, depthLimit, mayBeDense) }
        }
        switch result {
        case .success(let root): self.root = root
        case .failure(let error): throw error
        }
    }

    public init(
        parsing bytes: Span<UInt8>, depthLimit: Int = defaultDepthLimit, bigNumbers: BigNumbers = .refused
    ) throws(JSONError) {
        try self.init(parsing: bytes.bytes, depthLimit: depthLimit, bigNumbers: bigNumbers)
    }

    public init(
        parsing bytes: [UInt8], depthLimit: Int = defaultDepthLimit, bigNumbers: BigNumbers = .refused
    ) throws(JSONError) {
        try self.init(parsing: bytes.span.bytes, depthLimit: depthLimit, bigNumbers: bigNumbers)
    }

    public init(
        parsing text: String, depthLimit: Int = defaultDepthLimit, bigNumbers: BigNumbers = .refused
    ) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), depthLimit: depthLimit, bigNumbers: bigNumbers)
    }

    deinit {
        json_decref(root)
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ depthLimit: Int, _ mayBeDense: Bool
    ) -> Result<UnsafeMutablePointer<json_t>, JSONError> {
        switch ParsingCost.complaint(about: bytes, depthLimit: depthLimit) {
        case .tooManyValues? where mayBeDense: break
        case let complaint?: return .failure(complaint)
        case nil: break
        }
        var error = json_error_t()
        // jansson refuses a null pointer even for no bytes.
        let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard let base, let root = json_loadb(base, bytes.count, Int(JSON_REJECT_DUPLICATES), &error) else {
            return .failure(reason(error))
        }
        guard root.pointee.type == JSON_OBJECT else {
            json_decref(root)
            return .failure(.notAnObject)
        }
        return .success(root)
    }

    private static func reason(_ error: json_error_t) -> JSONError {
        var error = error
        switch json_error_code(&error) {
        case json_error_duplicate_key: return .duplicateKey
        case json_error_invalid_utf8: return .notUTF8
        case json_error_null_character, json_error_null_byte_in_key: return .zeroCharacter
        case json_error_numeric_overflow: return .numberTooBig
        default: return .syntax(position: max(0, Int(error.position)))
        }
    }
}

extension JSONObject {
    /// The type of a field's value.
    public enum Kind: Sendable {
        case null, bool, integer, real, string, array, object
    }

    public var count: Int {
        json_object_size(root)
    }

    /// Whether the field exists and isn't `null`.
    public func has(_ key: String) -> Bool {
        switch member(key)?.pointee.type {
        case nil, JSON_NULL: false
        default: true
        }
    }

    /// The kind of a field; `nil` if it is absent.
    public func kind(_ key: String) -> Kind? {
        switch member(key)?.pointee.type {
        case nil: nil
        case JSON_NULL: .null
        case JSON_TRUE, JSON_FALSE: .bool
        case JSON_INTEGER: .integer
        case JSON_REAL: .real
        case JSON_STRING: .string
        case JSON_ARRAY: .array
        default: .object
        }
    }

    /// The text of a field; `nil` if it is absent or no string.
    public func string(_ key: String) -> String? {
        member(key).flatMap(Jansson.string)
    }

    /// Whether a field is a string of exactly these bytes, without making a Swift string of it.
    public func string(_ key: String, is expected: String) -> Bool {
        guard let member = member(key), member.pointee.type == JSON_STRING else { return false }
        let bytes = UnsafeRawBufferPointer(start: json_string_value(member), count: json_string_length(member))
        return bytes.elementsEqual(expected.utf8)
    }

    /// A whole number; `nil` if the field is absent or something else, `1.0` included.
    public func int(_ key: String) -> Int64? {
        guard let member = member(key), member.pointee.type == JSON_INTEGER else { return nil }
        return Int64(json_integer_value(member))
    }

    /// A number, whole or not; `nil` if the field is absent or something else.
    public func real(_ key: String) -> Double? {
        guard let member = member(key), member.pointee.type == JSON_INTEGER || member.pointee.type == JSON_REAL
        else { return nil }
        return json_number_value(member)
    }

    /// A truth value; `nil` if the field is absent or something else.
    public func bool(_ key: String) -> Bool? {
        switch member(key)?.pointee.type {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    /// A field of any kind, as a Swift value; `nil` if it is absent.
    public func value(_ key: String) -> JSONValue? {
        member(key).map(Jansson.value)
    }

    /// The members of a field that is an object, else `nil`.
    public func object(_ key: String) -> JSONMembers? {
        value(key, if: JSON_OBJECT)?.object
    }

    /// The elements of a field that is an array, else `nil`.
    public func array(_ key: String) -> [JSONValue]? {
        value(key, if: JSON_ARRAY)?.array
    }

    /// The whole object as Swift values.
    public var members: JSONMembers {
        Jansson.value(root).object ?? [:]
    }

    private func value(_ key: String, if type: json_type) -> JSONValue? {
        guard let member = member(key), member.pointee.type == type else { return nil }
        return Jansson.value(member)
    }

    private func member(_ key: String) -> UnsafeMutablePointer<json_t>? {
        var key = key
        return key.withUTF8 { key in
            // jansson wants an address even for a key of no bytes.
            guard let base = key.baseAddress else { return json_object_getn(root, "", 0) }
            return UnsafeRawPointer(base).withMemoryRebound(to: CChar.self, capacity: key.count) {
                json_object_getn(root, $0, key.count)
            }
        }
    }
}
