import Glibc

/// Working on the text of JSON itself, without building a tree: what passes through a node keeps its bytes.
///
/// The scans trust the syntax, so they are for text that `JSONObject` has accepted. For anything else they answer
/// something or nothing, but never look outside of the bytes that they were given.
public enum JSONText {
    /// Appends a JSON string with its quotation marks.
    public static func appendString(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { Escapes.append($0, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends an integer in decimal digits.
    public static func appendInteger(_ number: some BinaryInteger, to output: inout [UInt8]) {
        output.append(contentsOf: String(number).utf8)
    }

    /// Where the value of a member stands in the text of an object, without blanks around it.
    ///
    /// - Parameters:
    ///   - key: compared with the keys of the object itself, not of objects inside of it, after their escapes have been
    ///     decoded.
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
    /// A member of that name at the top level is removed, and `"key":"value"` is added at the end. Everything else
    /// keeps its bytes: numbers, blanks, order. The exception are line ends between the parts, which jansson accepts
    /// and a line of the protocol can't hold: they become spaces.
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
        let start = output.count
        output.append(UInt8(ascii: "{"))
        let isEmpty = bytes.withUnsafeBytes { bytes in
            var key = key
            return key.withUTF8 { appendMembers(of: bytes, without: UnsafeRawBufferPointer($0), to: &output) }
        }
        if hasLineEnd(bytes) {
            // Inside of strings they are escaped: a raw one can only be a blank between parts.
            for position in start..<output.count where output[position] == 10 || output[position] == 13 {
                output[position] = UInt8(ascii: " ")
            }
        }
        if !isEmpty { output.append(UInt8(ascii: ",")) }
        appendString(key, to: &output)
        output.append(UInt8(ascii: ":"))
        appendString(value, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Copies everything between the braces but the members of one name. Each member that stays takes along what stands
    /// between it and its predecessor, the comma included, unless it is now the first.
    ///
    /// - Returns: whether no member is left.
    private static func appendMembers(
        of bytes: UnsafeRawBufferPointer, without key: UnsafeRawBufferPointer, to output: inout [UInt8]
    ) -> Bool {
        guard var members = MemberScan(bytes) else { return true }
        var isEmpty = true
        // What is kept is copied in runs, each up to the next member that goes.
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
