import HTTPCodec

/// Cuts a stream into requests twice, whole and in pieces: the requests and the fault are the same.
public enum RequestPieces {
    /// - Parameter input: whether requests that may upgrade are taken so, the sizes of the pieces
    ///   (`Script.pieceSizes`), and the stream.
    /// - Returns: what differs; nil if nothing does, as it has to be.
    public static func disagreement(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        let upgrades = script.byte() & 1 == 1
        let sizes = script.pieceSizes()
        let stream = script.all()
        guard !stream.isEmpty else { return nil }
        var limits = HTTPLimits()
        (limits.headBytes, limits.fields, limits.bodyBytes) = (400, 8, 100)
        let whole = inputs(stream, [0..<stream.count], limits, upgrades)
        if isPlanted { limits.fields = 4 }
        let cut = inputs(stream, pieces(stream, sizes), limits, upgrades)
        guard whole.inputs == cut.inputs, whole.rest == cut.rest else {
            return "\(whole) as a whole, and \(cut) in pieces"
        }
        return nil
    }

    private static func inputs(
        _ stream: [UInt8], _ pieces: [Range<Int>], _ limits: HTTPLimits, _ upgrades: Bool
    ) -> (inputs: [HTTPInput], rest: [UInt8]) {
        let reader = HTTPRequestReader(limits: limits)
        var inputs: [HTTPInput] = []
        var rest: [UInt8]?
        for piece in pieces {
            if rest != nil {
                rest! += stream[piece]
                continue
            }
            reader.receive(stream.span.bytes.extracting(piece))
            while let input = reader.next() {
                switch input {
                // Whether its sender has to wait depends on what has come of the body.
                case .waiting: continue
                case .request(let request) where upgrades && !request.upgrades.isEmpty:
                    inputs.append(input)
                    rest = reader.giveUp()
                default: inputs.append(input)
                }
                if rest != nil { break }
            }
        }
        return (inputs, rest ?? [])
    }
}
