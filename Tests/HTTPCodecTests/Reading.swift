import HTTPCodec

/// Everything that a reader hands back for these bytes, given in pieces of one size.
func inputs(_ text: String, inPiecesOf size: Int = .max, limits: HTTPLimits = HTTPLimits()) -> [HTTPInput] {
    let reader = HTTPRequestReader(limits: limits)
    return reader.inputs(Array(text.utf8), inPiecesOf: size)
}

func requests(_ text: String, inPiecesOf size: Int = .max) -> [HTTPRequest] {
    inputs(text, inPiecesOf: size).compactMap { if case .request(let request) = $0 { request } else { nil } }
}

/// The fault of these bytes, which has to be the last input.
func fault(_ text: String, limits: HTTPLimits = HTTPLimits()) -> HTTPFault? {
    if case .fault(let fault) = inputs(text, limits: limits).last { fault } else { nil }
}

extension HTTPRequestReader {
    func inputs(_ bytes: [UInt8], inPiecesOf size: Int = .max) -> [HTTPInput] {
        var inputs: [HTTPInput] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(piece.count)
            receive(piece.span.bytes)
            while let input = next() { inputs.append(input) }
        }
        return inputs
    }
}
