import Glibc
import Testing

@testable import UV

@Suite struct `Many timers that are due at once` {
    private static let count = 200
    /// What each of them does, in microseconds.
    private static let cost: UInt32 = 400

    /// Lets all of them fall due in the same turn.
    ///
    /// - Returns: the turns in which they called back, in the order in which they did.
    private func turnsOfAll(repeating: Duration? = nil) throws -> [Int] {
        var turns: [Int] = []
        try play { loop in
            var turn = 0
            var timers: [Timer] = []
            let hook = TurnHook(on: loop, kind: .beforePolling) { turn += 1 }
            for number in 0..<Self.count {
                timers.append(
                    Timer(on: loop) {
                        usleep(Self.cost)
                        turns.append(turn)
                        timers[number].close()
                        if turns.count == Self.count { hook.close() }
                    })
                timers[number].start(after: .milliseconds(20), repeating: repeating)
            }
            // They are late, all of them, when the loop comes to look at them.
            usleep(40_000)
        }
        return turns
    }

    @Test(arguments: [nil, Duration.seconds(1)])
    func `call back a portion in each turn, until all have`(repeating: Duration?) throws {
        let turns = try turnsOfAll(repeating: repeating)
        #expect(turns.count == Self.count)
        let portions = Dictionary(grouping: turns) { $0 }.mapValues(\.count)
        let most = Int(UVLimits.timersNanosecondsPerTurn / UInt64(Self.cost) / 1000) + UVLimits.callsPerLook + 1
        #expect(portions.values.allSatisfy { $0 <= most }, "\(portions)")
        #expect(portions.count > 5, "\(portions)")
    }

    @Test func `don't keep a timer waiting that is started meanwhile`() throws {
        var waited: UInt64 = 0
        try play { loop in
            var timers: [Timer] = []
            let began = Loop.monotonicNanoseconds
            let short = Timer(on: loop) {
                waited = Loop.monotonicNanoseconds - began
                timers.last!.close()
            }
            for number in 0..<50 {
                timers.append(
                    Timer(on: loop) {
                        usleep(Self.cost)
                        // The moment at which time is over may be that of any of them.
                        short.start(after: .milliseconds(30))
                        timers[number].close()
                    })
                timers[number].start(after: .zero)
            }
            timers.append(short)
        }
        #expect(waited >= 30_000_000)
        #expect(waited < 5_000_000_000)
    }
}
