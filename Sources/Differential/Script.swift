/// The bytes of an input, from the first on. At its end it gives zeros, and no more bytes than it has.
struct Script {
    private var rest: ArraySlice<UInt8>

    init(_ input: [UInt8]) { rest = input[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

    mutating func number() -> Int { byte() << 8 | byte() }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func all() -> [UInt8] { bytes(rest.count) }

    /// The sizes of the pieces in which a stream comes, over and over: up to eight, of 1 to 256 bytes.
    mutating func pieceSizes() -> [Int] {
        let count = 1 + byte() % 8
        return (0..<count).map { _ in 1 + byte() }
    }
}

/// Where a stream is cut into pieces of these sizes, over and over.
func pieces(_ stream: [UInt8], _ sizes: [Int]) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    while start < stream.count {
        let end = min(stream.count, start + sizes[pieces.count % sizes.count])
        pieces.append(start..<end)
        start = end
    }
    return pieces
}
