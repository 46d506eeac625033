/// What a parser would have to do for a text, found out before it sees the text.
///
/// It looks at brackets and commas outside of strings only. It agrees with a parser up to the first mistake in the
/// text. After a mistake the answer means nothing, and the parser refuses the text anyway.
enum ParsingCost {
    /// Values that any text may hold, however short it is.
    private static let freeValues = 1024
    /// Beyond that, so many bytes of the text allow one value more. Each value is a piece of memory for the parser: a
    /// text of nothing but `[]` would cost it a hundred times what its bytes cost. The protocol's own messages have one
    /// in twelve bytes at most.
    private static let bytesForEachValue = 8

    static func valueLimit(bytes: Int) -> Int { freeValues + bytes / bytesForEachValue }

    /// Why the text isn't to be parsed: it is nested deeper than the limit (jansson's own is 2,048 levels of recursion)
    /// or has more values than its length allows. Nil if neither.
    static func complaint(about bytes: UnsafeRawBufferPointer, depthLimit: Int) -> JSONError? {
        let valueLimit = valueLimit(bytes: bytes.count)
        var depth = 0
        var values = 0
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = Scan.stringEnd(bytes, from: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                values += 1
                if depth > depthLimit { return .tooDeep(limit: depthLimit) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
            case UInt8(ascii: ","):
                values += 1
            default: break
            }
            position += 1
        }
        return values > valueLimit ? .tooManyValues(limit: valueLimit) : nil
    }
}
