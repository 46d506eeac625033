/// A message with its length before it, in the form of Java's `writeUTF`: two bytes of length, the higher first, then
/// that many bytes of modified UTF-8. The last of them ends the line.
///
/// ```
///   00 2B  { " c o m m a n d " : … }  0A
///   ╰──╯   ╰─────────────────────────╯
///   43     43 bytes
/// ```
enum MeasuredMessage {
    /// No such message begins here.
    case absent
    /// Such a message may begin here, but its end has not come.
    case incomplete
    /// The message fits its length. No other program begins a line like this.
    case whole(content: Range<Int>, next: Int)

    static let prefixBytes = 2

    /// - Parameter start: where the length would stand.
    init(_ bytes: RawSpan, at start: Int) {
        let available = bytes.byteCount - start
        guard available > Self.prefixBytes else {
            self = .incomplete
            return
        }
        let begin = start + Self.prefixBytes
        let end = begin + Int(bytes.byte(start)) << 8 + Int(bytes.byte(start + 1))
        guard bytes.byte(begin) == UInt8(ascii: "{"), end - begin > 2 else {
            self = .absent
            return
        }
        guard end <= bytes.byteCount else {
            self = .incomplete
            return
        }
        // A line may also end in CR LF.
        guard bytes.byte(end - 1) == 10, let first = bytes.lineEnd(from: begin),
            first == end - 1 || first == end - 2 && bytes.byte(first) == 13
        else {
            self = .absent
            return
        }
        self = .whole(content: begin..<first, next: end)
    }

    /// Whether everything has come but the LF of a CR LF. Without it the CR would end a line of another sender.
    static func lacksOnlyItsEnd(_ bytes: RawSpan, at start: Int) -> Bool {
        let begin = start + prefixBytes
        let count = bytes.byteCount
        guard count > begin, bytes.byte(begin) == UInt8(ascii: "{"), bytes.byte(count - 1) == 13 else { return false }
        let length = Int(bytes.byte(start)) << 8 + Int(bytes.byte(start + 1))
        return begin + length == count + 1 && bytes.lineEnd(from: begin) == count - 1
    }

    /// Whether one of the two length bytes looks like a line end, while the end of the object behind them hasn't come.
    static func mayLookLikeALine(_ bytes: RawSpan, at start: Int) -> Bool {
        let begin = start + prefixBytes
        guard bytes.byteCount > begin, bytes.isLineEnd(start) || bytes.isLineEnd(start + 1) else { return false }
        return bytes.lineEnd(from: begin) == nil
    }
}
