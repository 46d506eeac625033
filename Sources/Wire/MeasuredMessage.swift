/// A message with its length before it, as Java's `writeUTF` writes it: two bytes, the highest first, then so many
/// bytes of modified UTF-8, of which the last one ends the line.
///
/// ```
///   00 2B  { " c o m m a n d " : … }  0A
///   ╰──╯   ╰─────────────────────────╯
///   43     43 bytes
/// ```
enum MeasuredMessage {
    /// There is none here.
    case absent
    /// There may be one, whose end has not come.
    case incomplete
    /// It fits its length: no other program begins a line so.
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

    /// Whether one of two length bytes is a line end, before an object whose own end hasn't come.
    static func mayLookLikeALine(_ bytes: RawSpan, at start: Int) -> Bool {
        let begin = start + prefixBytes
        guard bytes.byteCount > begin, bytes.isLineEnd(start) || bytes.isLineEnd(start + 1) else { return false }
        return bytes.lineEnd(from: begin) == nil
    }
}
