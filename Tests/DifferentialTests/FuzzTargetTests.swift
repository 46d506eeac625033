import Differential
import Testing

/// What `make fuzz` looks for, in a slice that is the same each time.
@Suite struct FuzzTargetTests {
    /// SplitMix64.
    private struct Numbers {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `Lines are the same in pieces of any size`(_ seed: UInt64) {
        var numbers = Numbers(state: seed)
        let words: [[UInt8]] = [
            [10], [13], [13, 10], [0, 5], [2], [0x7B], Array("{\"a\":1}".utf8), [0, 7], [0x22], [0x20],
        ]
        for _ in 0..<200 {
            var input = [0, UInt8(numbers.below(7))]
            for _ in 0..<numbers.below(30) { input += words[numbers.below(words.count)] }
            #expect(FramingPieces.disagreement(in: input) == nil, "\(input)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `A node survives scripts and serves its client`(_ seed: UInt64)
    {
        var numbers = Numbers(state: seed)
        for _ in 0..<20 {
            let script = (0..<numbers.below(120)).map { _ in
                UInt8(numbers.below(4) == 0 ? numbers.below(256) : numbers.below(16))
            }
            #expect(NodeScript.fault(in: script) == nil, "\(script)")
        }
    }
}
