/// Whether brackets are nested deeper than the limit.
///
/// It is asked before jansson sees the text, whose own limit is 2,048 levels of recursion. It looks at brackets
/// outside of strings only, and agrees with a parser up to the first mistake in the text; from there on its answer
/// means nothing, and the parser refuses anyway.
func isNestedDeeper(than limit: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var depth = 0
    var position = 0
    while position < bytes.count {
        switch bytes[position] {
        case UInt8(ascii: "\""):
            position = Scan.stringEnd(bytes, from: position)
            continue
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            if depth > limit { return true }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
        default: break
        }
        position += 1
    }
    return false
}
