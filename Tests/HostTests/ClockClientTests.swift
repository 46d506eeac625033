import Testing
import Tree
import UV

@testable import Host

@Suite("A node's clocks", .serialized)
struct ClockClientTests {
    /// Some clocks that answer as told, and a client that asks them.
    private final class Scene {
        let loop: Loop
        var clocks: [ScriptedClock] = []
        private(set) var notices: [String] = []
        private var client: ClockClient?
        private var heard: ((Event) -> Void)?

        init(_ count: Int, patience: Duration = .milliseconds(250)) throws {
            loop = try Loop()
            for _ in 0..<count { clocks.append(try ScriptedClock(on: loop)) }
            client = ClockClient(clocks.map(\.address), on: loop, patience: patience) { [unowned self] in
                notices.append("\($0)")
            } done: { [unowned self] in
                heard?($0)
            }
        }

        /// Asks once, and turns the loop until there is an answer.
        func ask(seen: Stamp = Stamp(10)) -> Event {
            var answer: Event?
            heard = { [loop] in
                #expect(answer == nil, "a second answer")
                answer = $0
                loop.stop()
            }
            client?.ask(count: 2, seen: seen)
            loop.run()
            return answer ?? .clockSilent
        }

        /// Asks repeatedly, until there are stamps or this time has passed.
        func keepAsking(for time: Duration, seen: Stamp = Stamp(10)) -> Event {
            let end = ContinuousClock.now + time
            while true {
                let answer = ask(seen: seen)
                if case .clockAnswered = answer { return answer }
                if ContinuousClock.now > end { return answer }
                turn(for: .milliseconds(20))
            }
        }

        private func turn(for time: Duration) {
            let timer = Timer(on: loop) { [loop] in loop.stop() }
            timer.start(after: time)
            loop.run()
            timer.close()
        }

        func end() {
            client?.close()
            clocks.forEach { $0.close() }
            loop.run()
            loop.close()
        }
    }

    private func answer(_ first: UInt64, epoch: UInt64 = 1) -> String {
        #"{"command":"CLOCK_RESPONSE","epoch":"\#(epoch)","first":"\#(first)","count":2,"time":"7"}"#
    }

    private func first(_ event: Event) -> UInt64? {
        if case .clockAnswered(let first, _, _, _) = event { first.value } else { nil }
    }

    @Test("an answer of more than 1024 bytes is none")
    func longAnswer() throws {
        let scene = try Scene(1)
        func padded(_ count: Int) -> String {
            let answer = answer(20)
            return answer.dropLast() + String(repeating: " ", count: count - answer.utf8.count) + "}"
        }
        scene.clocks[0].answer = padded(Settings.clockAnswerBytes)
        #expect(first(scene.ask()) == 20)
        scene.clocks[0].answer = padded(Settings.clockAnswerBytes + 1)
        #expect(first(scene.ask(seen: Stamp(10))) == nil)
        #expect(scene.notices.contains { $0.contains("what comes back is no clock") })
        scene.end()
    }

    @Test("one clock is asked over one connection")
    func one() throws {
        let scene = try Scene(1)
        scene.clocks[0].answer = answer(20)
        #expect(first(scene.ask()) == 20)
        scene.clocks[0].answer = answer(30)
        #expect(first(scene.ask()) == 30)
        #expect(scene.clocks[0].connections == 1)
        scene.end()
    }

    @Test("a question finds the leader that a standby names, and the next one goes there at once")
    func standby() throws {
        let scene = try Scene(3)
        scene.clocks[0].answer = scene.clocks[2].naming
        scene.clocks[2].answer = answer(20)
        #expect(first(scene.ask()) == 20)
        #expect(first(scene.ask(seen: Stamp(11))) == nil, "the same stamps again are none")
        scene.clocks[2].answer = answer(30)
        #expect(first(scene.ask()) == 30)
        #expect(scene.clocks[1].connections <= 1)
        scene.end()
    }

    @Test(
        "what is no clock with stamps is named once and asked seldom",
        arguments: [
            (#"{"time":"1795376500724","command":"CLOCK_RESPONSE"}"#, "a clock of the original system answers"),
            ("HTTP/1.1 400 Bad Request", "an HTTP server answers"), ("nonsense", "another server answers"),
            ("{}", "what comes back is no clock"),
            (#"{"command":"INVALID_MESSAGE","info":"unknown message"}"#, "as a node has none"),
        ])
    func foreign(_ answer: String, _ words: String) throws {
        let scene = try Scene(1)
        scene.clocks[0].answer = answer
        for _ in 0..<8 { #expect(first(scene.ask()) == nil) }
        #expect(scene.clocks[0].connections <= 2)
        #expect(scene.notices.count == 1)
        #expect(scene.notices.first?.contains(words) == true, "\(scene.notices)")
        scene.end()
    }

    @Test("a clock is found at once beside a server of another kind, and kept")
    func beside() throws {
        let scene = try Scene(2)
        scene.clocks[0].answer = #"{"time":"1795376500724","command":"CLOCK_RESPONSE"}"#
        for number in 1...5 {
            scene.clocks[1].answer = self.answer(UInt64(number) * 20)
            #expect(first(scene.ask()) == UInt64(number) * 20)
        }
        #expect(scene.clocks[0].connections == 1)
        scene.end()
    }

    @Test("without a leader the node asks until its time is up, and then reports that once")
    func nobodyLeads() throws {
        let scene = try Scene(2)
        for clock in scene.clocks { clock.answer = #"{"command":"CLOCK_STANDBY"}"# }
        #expect(scene.ask() == .clockSilent)
        #expect(scene.clocks[1].connections > 2)
        scene.clocks[1].answer = answer(20)
        #expect(first(scene.ask()) == 20)
        scene.end()
    }

    @Test("a silent clock costs one question, not two")
    func stopped() throws {
        let scene = try Scene(2)
        scene.clocks[1].answer = answer(20)
        #expect(scene.ask() == .clockSilent)
        #expect(first(scene.ask()) == 20)
        #expect(scene.notices.count == 1, "only one was followed")
        scene.end()
    }

    @Test("a clock that only accepts connections is reported once, asked ever more rarely, and used when it answers")
    func silent() throws {
        let scene = try Scene(1, patience: .milliseconds(500))
        let clock = scene.clocks[0]
        for _ in 1...3 { #expect(scene.ask() == .clockSilent) }
        #expect(scene.notices.isEmpty, "it may be a clock that pauses for a moment")
        #expect(scene.keepAsking(for: .seconds(4)) == .clockSilent)
        #expect(scene.notices.count == 1)
        #expect(scene.notices.first?.contains("\(ForeignServer.silent)") == true, "\(scene.notices)")
        // The clock was reported at the fourth question.
        let times = Array(clock.connectionTimes.dropFirst(3))
        #expect(times.count >= 3)
        var pause = Duration.milliseconds(400)
        for (time, next) in zip(times, times.dropFirst()) {
            #expect(next - time > pause)
            pause = pause * 3 / 2
        }
        clock.answer = answer(20)
        #expect(first(scene.keepAsking(for: .seconds(30))) == 20)
        #expect(scene.notices.count == 2)
        #expect(scene.notices.last?.contains("follows") == true, "\(scene.notices)")
        // A clock that has answered before may be silent for a moment.
        clock.answer = nil
        for _ in 1...4 { #expect(scene.ask() == .clockSilent) }
        #expect(scene.notices.count == 2, "the first question went over the connection that was there")
        #expect(scene.ask() == .clockSilent)
        #expect(scene.notices.count == 3)
        // Whoever reads that the clock is silent wants to read that it has come back.
        clock.answer = answer(30)
        #expect(first(scene.keepAsking(for: .seconds(30))) == 30)
        #expect(scene.notices.count == 4)
        #expect(scene.notices.last?.contains("follows") == true, "\(scene.notices)")
        scene.end()
    }

    @Test("a clock that pauses for a moment is asked again, and nothing is reported")
    func pausing() throws {
        let scene = try Scene(1, patience: .milliseconds(500))
        let clock = scene.clocks[0]
        for stamp: UInt64 in [20, 30] {
            clock.answer = nil
            for _ in 1...3 { #expect(scene.ask() == .clockSilent) }
            clock.answer = answer(stamp)
            #expect(first(scene.ask()) == stamp, "it isn't asked more seldom")
        }
        #expect(scene.notices.count == 1, "only that it is followed")
        scene.end()
    }

    @Test("stamps of an earlier leader, and stamps that were seen, are not used")
    func notTaken() throws {
        let scene = try Scene(2)
        scene.clocks[0].answer = answer(100, epoch: 5)
        #expect(first(scene.ask()) == 100)
        for wrong in [answer(200, epoch: 4), answer(101, epoch: 5), answer(9, epoch: 6)] {
            scene.clocks[0].answer = wrong
            scene.clocks[1].answer = wrong
            #expect(scene.ask() == .clockSilent, "\(wrong)")
        }
        scene.clocks[1].answer = answer(102, epoch: 6)
        #expect(first(scene.ask()) == 102)
        #expect(scene.notices.count == 2)
        scene.end()
    }

    @Test("a clock's refusal is reported once")
    func refused() throws {
        let scene = try Scene(1)
        scene.clocks[0].answer = #"{"command":"INVALID_MESSAGE","info":"too far ahead"}"#
        #expect(scene.ask() == .clockSilent)
        #expect(scene.ask() == .clockSilent)
        #expect(scene.notices.count == 1)
        #expect(scene.notices[0].contains("too far ahead"))
        scene.end()
    }
}

/// Answers every line with the same line, or not at all.
private final class ScriptedClock {
    private var listener: Listener?
    private var streams: [Connection] = []
    var answer: String?
    private(set) var connectionTimes: [ContinuousClock.Instant] = []
    var connections: Int { connectionTimes.count }

    init(on loop: Loop) throws {
        listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { [unowned self] stream in
            connectionTimes.append(.now)
            streams.append(Connection(stream, clock: self))
        }
    }

    var address: Address { Address(host: "127.0.0.1", port: listener?.address?.port ?? 0) }

    /// A standby's answer that names this clock.
    var naming: String { #"{"command":"CLOCK_STANDBY","hostname":"127.0.0.1","port":\#(address.port)}"# }

    func close() {
        listener?.close()
        streams.forEach { $0.stream.close() }
    }

    private final class Connection: StreamHandler {
        let stream: UV.Stream
        private unowned let clock: ScriptedClock

        init(_ stream: UV.Stream, clock: ScriptedClock) {
            self.stream = stream
            self.clock = clock
            stream.handler = self
            stream.startReading()
        }

        func stream(_ stream: UV.Stream, received bytes: RawSpan) {
            if let answer = clock.answer { stream.write(answer + "\n") }
        }

        func streamDrained(_ stream: UV.Stream) {}
        func streamEnded(_ stream: UV.Stream, error: UVError?) { stream.close() }
    }
}
