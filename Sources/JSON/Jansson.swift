import CJansson

/// Converts between jansson's trees and `JSONValue`.
enum Jansson {
    static func string(_ json: UnsafeMutablePointer<json_t>) -> String? {
        guard json.pointee.type == JSON_STRING else { return nil }
        return text(json_string_value(json), json_string_length(json))
    }

    private static func text(_ base: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
    }

    /// Copies a tree of jansson's. The recursion is as deep as the text was nested, which was limited.
    static func value(_ json: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch json.pointee.type {
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_INTEGER: return .integer(Int64(json_integer_value(json)))
        case JSON_REAL: return .real(json_real_value(json))
        case JSON_STRING: return .string(text(json_string_value(json), json_string_length(json)))
        case JSON_ARRAY:
            return .array((0..<json_array_size(json)).map { value(json_array_get(json, $0)) })
        case JSON_OBJECT:
            var list: [JSONMembers.Member] = []
            list.reserveCapacity(json_object_size(json))
            var next = json_object_iter(json)
            while let member = next {
                let key = text(json_object_iter_key(member), json_object_iter_key_len(member))
                list.append(.init(key: key, value: value(json_object_iter_value(member))))
                next = json_object_iter_next(json, member)
            }
            return .object(JSONMembers(unique: list))
        default: return .null
        }
    }

    /// Makes a tree of jansson's. The caller releases it with `json_decref`.
    static func tree(_ value: JSONValue) -> UnsafeMutablePointer<json_t> {
        switch value {
        case .null: return json_null()
        case .bool(let bool): return bool ? json_true() : json_false()
        case .integer(let integer): return json_integer(json_int_t(integer))!
        case .real(let real): return real.isFinite ? json_real(real)! : json_null()
        case .string(let string): return bytes(of: string) { json_stringn_nocheck($0, $1)! }
        case .array(let elements):
            let array = json_array()!
            for element in elements { json_array_append_new(array, tree(element)) }
            return array
        case .object(let members):
            let object = json_object()!
            for member in members.list {
                bytes(of: member.key) { _ = json_object_setn_new_nocheck(object, $0, $1, tree(member.value)) }
            }
            return object
        }
    }

    private static func bytes<Result>(of string: String, _ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
        var string = string
        return string.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return "".withCString { body($0, 0) } }
            return UnsafeRawPointer(base).withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                body($0, bytes.count)
            }
        }
    }
}

extension JSONValue {
    /// Appends the text of the value: compact, plain UTF-8, on one line.
    public func encode(into output: inout [UInt8]) {
        let tree = Jansson.tree(self)
        defer { json_decref(tree) }
        let flags = Int(JSON_COMPACT) | Int(JSON_ENCODE_ANY)
        // Most texts are short, so a buffer on the stack is tried first.
        let needed = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            let needed = json_dumpb(tree, buffer.baseAddress, buffer.count, flags)
            if needed <= buffer.count {
                output.append(contentsOf: UnsafeRawBufferPointer(start: buffer.baseAddress, count: needed))
            }
            return needed
        }
        if needed <= 1024 { return }
        output += [UInt8](unsafeUninitializedCapacity: needed) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) {
                json_dumpb(tree, $0.baseAddress, needed, flags)
            }
        }
    }

    /// The text of the value: compact, plain UTF-8, on one line.
    public var encoded: [UInt8] {
        var output: [UInt8] = []
        encode(into: &output)
        return output
    }
}
