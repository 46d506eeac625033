import Glibc

/// Works on the text of JSON itself, without building a tree, so that what passes through a node keeps its bytes.
///
/// The scans trust the syntax: they are for text that `JSONObject` has accepted. For any other text the result means
/// nothing, but the scans never read outside of the bytes that they were given.
public enum JSONText {
    /// Appends a JSON string with its quotation marks.
    public static func appendString(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { Escapes.append($0, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// Where the value of a member stands in the text of an object, without blanks around it.
    ///
    /// - Parameters:
    ///   - key: compared with the top-level keys, after their escapes have been decoded.
    ///   - bytes: the text of an object that was accepted.
    /// - Returns: offsets into `bytes`, or `nil` if there is no such member.
    public static func valueRange(ofKey key: String, in bytes: RawSpan) -> Range<Int>? {
        var key = key
        return key.withUTF8 { key in
            bytes.withUnsafeBytes { bytes in
                guard var members = MemberScan(bytes) else { return nil }
                while members.next() {
                    if members.hasKey(UnsafeRawBufferPointer(key)) { return members.value }
                }
                return nil
            }
        }
    }

    public static func valueRange(ofKey key: String, in bytes: Span<UInt8>) -> Range<Int>? {
        valueRange(ofKey: key, in: bytes.bytes)
    }

    public static func valueRange(ofKey key: String, in bytes: [UInt8]) -> Range<Int>? {
        valueRange(ofKey: key, in: bytes.span.bytes)
    }

    /// The text of an object with one string member set.
    ///
    /// A top-level member of that name is removed, and `"key":"value"` is added at the end. Everything else keeps its
    /// bytes: numbers, blanks, order. There is one exception: line ends between the parts become spaces, since jansson
    /// accepts them and a line of the protocol can't contain them.
    public static func object(_ bytes: RawSpan, settingString key: String, to value: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.byteCount + key.utf8.count + value.utf8.count + 8)
        appendObject(bytes, settingString: key, to: value, into: &output)
        return output
    }

    public static func object(_ bytes: Span<UInt8>, settingString key: String, to value: String) -> [UInt8] {
        object(bytes.bytes, settingString: key, to: value)
    }

    public static func object(_ bytes: [UInt8], settingString key: String, to value: String) -> [UInt8] {
        object(bytes.span.bytes, settingString: key, to: value)
    }

    /// Appends what `object(_:settingString:to:)` returns.
    public static func appendObject(
        _ bytes: RawSpan, settingString key: String, to value: String, into output: inout [UInt8]
    ) {
        if bytes.withUnsafeBytes({ appendUnlessNamed(key, $0, to: &output) }) {
            appendMember(key, value, to: &output)
            return
        }
        let start = output.count
        output.append(UInt8(ascii: "{"))
        let isEmpty = bytes.withUnsafeBytes { bytes in
            var key = key
            return key.withUTF8 { appendMembers(of: bytes, without: UnsafeRawBufferPointer($0), to: &output) }
        }
        if hasLineEnd(bytes) {
            // In strings line ends are escaped. So a raw one can only be a blank between parts.
            for position in start..<output.count where output[position] == 10 || output[position] == 13 {
                output[position] = UInt8(ascii: " ")
            }
        }
        if !isEmpty { output.append(UInt8(ascii: ",")) }
        appendMember(key, value, to: &output)
    }

    /// The text of an object without one of its members, for people to read: no blanks between the parts, no escapes in
    /// strings but the necessary ones, and numbers as they were written.
    public static func compact(_ bytes: [UInt8], without key: String) -> [UInt8] {
        var members: [UInt8] = [UInt8(ascii: "{")]
        var key = key
        bytes.withUnsafeBytes { bytes in
            _ = key.withUTF8 { appendMembers(of: bytes, without: UnsafeRawBufferPointer($0), to: &members) }
        }
        members.append(UInt8(ascii: "}"))
        var output: [UInt8] = []
        output.reserveCapacity(members.count)
        members.withUnsafeBytes { members in
            var position = 0
            while position < members.count {
                switch members[position] {
                case UInt8(ascii: "\""):
                    let end = Scan.stringEnd(members, from: position)
                    let inner = UnsafeRawBufferPointer(rebasing: members[position + 1..<max(position + 1, end - 1)])
                    output.append(UInt8(ascii: "\""))
                    Escapes.decoded(inner).withUnsafeBufferPointer { Escapes.append($0, to: &output) }
                    output.append(UInt8(ascii: "\""))
                    position = end
                case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
                default:
                    output.append(members[position])
                    position += 1
                }
            }
        }
        return output
    }

    /// Appends the last member of an object and the closing brace.
    private static func appendMember(_ key: String, _ value: String, to output: inout [UInt8]) {
        appendString(key, to: &output)
        output.append(UInt8(ascii: ":"))
        appendString(value, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Handles the usual case: the key occurs nowhere in the text, and no escape could stand for it. So everything up
    /// to the closing brace is kept as it is, and a comma follows. In any other case it appends nothing.
    ///
    /// - Returns: whether it was the usual case.
    private static func appendUnlessNamed(
        _ key: String, _ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]
    ) -> Bool {
        guard let base = bytes.baseAddress, bytes.count > 2, bytes[0] == UInt8(ascii: "{"),
            bytes[1] == UInt8(ascii: "\""), bytes[bytes.count - 1] == UInt8(ascii: "}"),
            memchr(base, Int32(UInt8(ascii: "\\")), bytes.count) == nil, memchr(base, 10, bytes.count) == nil,
            memchr(base, 13, bytes.count) == nil
        else { return false }
        var key = key
        guard !key.withUTF8({ isQuoted(UnsafeRawBufferPointer($0), in: bytes) }) else { return false }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.dropLast()))
        output.append(UInt8(ascii: ","))
        return true
    }

    /// Whether these bytes stand anywhere in the text after a quotation mark.
    private static func isQuoted(_ key: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, let wanted = key.baseAddress else { return true }
        var position = 0
        while position < bytes.count,
            let quote = memchr(base + position, Int32(UInt8(ascii: "\"")), bytes.count - position)
        {
            position = UnsafeRawPointer(quote) - base + 1
            if bytes.count - position >= key.count, memcmp(base + position, wanted, key.count) == 0 { return true }
        }
        return false
    }

    /// Copies everything between the braces except for the members with this key. A kept member takes along the bytes
    /// between its predecessor and itself, the comma included, unless it has become the first.
    ///
    /// - Returns: whether no member is left.
    private static func appendMembers(
        of bytes: UnsafeRawBufferPointer, without key: UnsafeRawBufferPointer, to output: inout [UInt8]
    ) -> Bool {
        guard var members = MemberScan(bytes) else { return true }
        var isEmpty = true
        // Kept members are copied in runs. A run ends where the next removed member begins.
        var runStart = members.opening
        var previousEnd = members.opening
        var goesOn = true
        while members.next() {
            if members.hasKey(key) {
                if goesOn {
                    let runEnd = isEmpty ? members.key.lowerBound : previousEnd
                    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<runEnd]))
                }
                goesOn = false
            } else {
                if !goesOn {
                    runStart = isEmpty ? members.key.lowerBound : previousEnd
                    goesOn = true
                }
                isEmpty = false
            }
            previousEnd = members.value.upperBound
        }
        let rest = (goesOn ? runStart : previousEnd)..<(members.closing ?? previousEnd)
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[rest]))
        return isEmpty
    }

    private static func hasLineEnd(_ bytes: RawSpan) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return memchr(base, 10, bytes.count) != nil || memchr(base, 13, bytes.count) != nil
        }
    }
}
