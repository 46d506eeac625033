import JSON
import Tree

/// Messages in the form that servers of the original system read and write:
/// ```
/// {"command":"ACTIVITY_BROADCAST","activity":{…},"id":"1","serial":"1","timestamp":"1795377357389"}
/// ```
/// `id` and `serial` are Java's `int`, `timestamp` is milliseconds.
public enum OriginalLines {
    /// Turns the line that clients read into the line for a server of the original system.
    public static func append(_ line: Span<UInt8>, number: UInt32, to bytes: inout [UInt8]) {
        guard let activity = JSONText.valueRange(ofKey: "activity", in: line) else {
            preconditionFailure("a line that clients read has an activity")
        }
        bytes.append(contentsOf: #"{"command":"ACTIVITY_BROADCAST","activity":"#.utf8)
        append(activity: line.extracting(activity), to: &bytes)
        bytes.append(contentsOf: #","id":""#.utf8)
        IdentityText.append(UInt64(number), to: &bytes)
        bytes.append(contentsOf: #"","serial":""#.utf8)
        IdentityText.append(UInt64(number), to: &bytes)
        bytes.append(contentsOf: #"","timestamp":""#.utf8)
        IdentityText.append(milliseconds(of: line), to: &bytes)
        bytes.append(contentsOf: "\"}\n".utf8)
    }

    /// Appends an activity. A whole number beyond 64 bits would end the thread of a Java program that reads it. So such
    /// a number gets a fraction of zero: its value stays the same, and the program reads numbers with a fraction of any
    /// size.
    private static func append(activity: Span<UInt8>, to bytes: inout [UInt8]) {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var isInString = false
        var index = 0
        while index < activity.count {
            let byte = activity[index]
            var end = index + 1
            if isInString {
                if byte == backslash { end += 1 }
                isInString = byte != quote
            } else if byte == quote {
                isInString = true
            } else {
                while end < activity.count, isInNumber(byte), isInNumber(activity[end]) { end += 1 }
            }
            let part = activity.extracting(index..<end)
            part.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
            if !isInString, end - index > 18, isTooLarge(part) { bytes.append(contentsOf: ".0".utf8) }
            index = end
        }
    }

    private static func isInNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private static func isTooLarge(_ number: Span<UInt8>) -> Bool {
        let text = number.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return Int64(text) == nil && text.allSatisfy { $0.isNumber || $0 == "-" }
    }

    /// When the entry was accepted, in milliseconds since 1970.
    private static func milliseconds(of line: Span<UInt8>) -> UInt64 {
        guard let range = JSONText.valueRange(ofKey: "stamp", in: line), range.count > 2,
            let stamp = line.bytes.number(range.lowerBound + 1..<range.upperBound - 1)
        else { return 0 }
        return Stamp(stamp).milliseconds
    }

    /// The number of a message if its `id` and `serial` are the same, else nil.
    static func number(_ object: borrowing JSONObject) -> UInt32? {
        guard let id = object.string("id"), let number = UInt32(id), object.string("serial", is: id) else { return nil }
        return number
    }
}
