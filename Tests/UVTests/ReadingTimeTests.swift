import Glibc
import Testing

@testable import UV

@Suite struct `Many connections that have something to say at once` {
    private static let count = 200
    /// What it takes to see to each, in microseconds.
    private static let cost: UInt32 = 400

    /// Has everybody say something in the same turn.
    ///
    /// - Parameter isUrgent: whether a connection, counted from 0, is read in every turn.
    /// - Returns: the turns in which they were heard.
    private func turnsOfAll(isUrgent: @escaping (Int) -> Bool) throws -> [Int: Int] {
        var heard: [Int: Int] = [:]
        var turn = 0
        try play { loop in
            let hook = TurnHook(on: loop, kind: .beforePolling) { turn += 1 }
            var listener: Listener?
            var speakers: [Stream] = []
            var listeners: [Recorder] = []
            let begin = {
                guard speakers.count == Self.count, listeners.count == Self.count else { return }
                listener?.close()
                for (number, recorder) in listeners.enumerated() {
                    recorder.stream.isUrgent = isUrgent(number)
                    recorder.onBytes = { recorder in
                        usleep(Self.cost)
                        heard[number] = turn
                        recorder.stream.close()
                        guard heard.count == Self.count else { return }
                        for speaker in speakers { speaker.close() }
                        hook.close()
                    }
                }
                for speaker in speakers { speaker.write("x") }
                turn = 0
            }
            listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
                listeners.append(Recorder(stream))
                begin()
            }
            for _ in 0..<Self.count {
                Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
                    guard let stream = try? result.get() else { return }
                    speakers.append(stream)
                    begin()
                }
            }
        }
        return heard
    }

    @Test func `are read a portion in each turn, until all are heard`() throws {
        let heard = try turnsOfAll { _ in false }
        #expect(heard.count == Self.count)
        let portions = Dictionary(grouping: heard.values) { $0 }.mapValues(\.count)
        let most = Int(UVLimits.readingNanosecondsPerTurn / UInt64(Self.cost) / 1000) + UVLimits.readsPerLook + 1
        #expect(portions.values.allSatisfy { $0 <= most }, "\(portions)")
    }

    @Test func `keep no urgent one waiting`() throws {
        let heard = try turnsOfAll { $0 == Self.count - 1 }
        #expect(heard.count == Self.count)
        #expect(heard[Self.count - 1] == heard.values.min())
    }
}
