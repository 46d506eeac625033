import Host

/// Reads what a balancer says first as it comes, piece by piece: what is once read stays so when more has come.
public enum ProxyPieces {
    /// - Parameter input: the sizes of the pieces (`Script.pieceSizes`), and the stream.
    /// - Returns: what differs; nil if nothing does, as it has to be.
    public static func disagreement(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        let sizes = script.pieceSizes()
        let stream = script.all()
        var come: [UInt8] = []
        var before = ProxyHeader.Reading.incomplete
        for piece in pieces(stream, sizes) {
            come += stream[piece]
            let reading = ProxyHeader.read(isPlanted ? withOneFamilyLess(come) : come)
            if before != .incomplete, reading != before { return "\(before), and \(reading) when more has come" }
            if case .whole(let header) = reading {
                guard header.length <= come.count else { return "\(header.length) bytes of \(come.count)" }
                let alone = ProxyHeader.read(Array(stream.prefix(header.length)))
                guard alone == reading else { return "\(reading), and \(alone) without what follows" }
                guard ProxyHeader.begins(come.span.bytes) else { return "\(reading), which is no beginning of one" }
            }
            before = reading
        }
        return nil
    }

    /// The fault that is planted: sockets of the machine count as addresses.
    private static func withOneFamilyLess(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 13, bytes[13] == 0x31 else { return bytes }
        var bytes = bytes
        bytes[13] = 0x11
        return bytes
    }
}
