import Testing
import Tree

@testable import Clock

@Suite("What is said to the clock and what it answers")
struct ClockMessagesTests {
    private func request(_ line: String) -> ClockRequest {
        ClockRequest(line: Array(line.utf8).span.bytes, limits: ClockLimits())
    }

    @Test("the bare question is the original's")
    func bare() {
        #expect(request(#"{"command":"GET_TIME"}"#) == .time)
        #expect(request(#"{"command":"GET_TIME","extra":[1]}"#) == .time)
    }

    @Test("a count asks for stamps")
    func stamps() {
        #expect(request(#"{"command":"GET_TIME","count":1000}"#) == .stamps(count: 1000, seen: nil))
        #expect(request(#"{"command":"GET_TIME","count":1,"seen":"42"}"#) == .stamps(count: 1, seen: Stamp(42)))
    }

    @Test("what is null is absent")
    func nulls() {
        #expect(request(#"{"command":"GET_TIME","count":null,"seen":null}"#) == .time)
        #expect(request(#"{"command":"GET_TIME","count":1,"seen":null}"#) == .stamps(count: 1, seen: nil))
    }

    @Test(
        "anything else gets the original's words",
        arguments: [
            "", "GET_TIME", "[]", "{}", #"{"command":"LOGIN","username":"anonymous"}"#, #"{"command":1}"#,
            #"{"command":"get_time"}"#, #"{"command":"GET_TIME","command":"GET_TIME"}"#, "{\"command\":\"GET_TIME\"",
        ])
    func anythingElse(line: String) {
        #expect(request(line) == .invalid(info: "Clock server only accepts command GET_TIME"))
    }

    @Test(
        "a count or a seen of the wrong kind is named",
        arguments: [
            (#""count":0"#, "count"), (#""count":-1"#, "count"), (#""count":"5""#, "count"), (#""count":1.5"#, "count"),
            (#""count":262145"#, "count"), (#""count":1,"seen":5"#, "seen"), (#""count":1,"seen":"x""#, "seen"),
            (#""count":1,"seen":"-1""#, "seen"), (#""count":1,"seen":"18446744073709551615""#, "seen"),
        ])
    func wrongKinds(fields: String, name: String) {
        guard case .invalid(let info) = request(#"{"command":"GET_TIME","# + fields + "}") else {
            Issue.record("taken: \(fields)")
            return
        }
        #expect(info.hasPrefix(name))
    }

    @Test("answers are the lines of the protocol")
    func answers() {
        #expect(
            String(decoding: ClockAnswer.time(milliseconds: 1_795_376_500_724), as: UTF8.self)
                == #"{"command":"CLOCK_RESPONSE","time":"1795376500724"}"# + "\n")
        let batch = StampBatch(first: Stamp(5), count: 3)
        #expect(
            String(decoding: ClockAnswer.stamps(batch, epoch: 9, milliseconds: 7), as: UTF8.self)
                == #"{"command":"CLOCK_RESPONSE","epoch":"9","first":"5","count":3,"time":"7"}"# + "\n")
    }

    @Test("who has seen the end of time is told how far ahead that is")
    func endOfTime() {
        let ahead = Duration.milliseconds(Int64(Stamp(Stamp.limit.value - 1).milliseconds))
        #expect(
            ClockAnswer.words(of: .seenTooFarAhead(ahead), limits: ClockLimits())
                == "seen lies 35184372088831 ms ahead of the clock's time, more than the 10000 ms of --max-clock-skew")
    }

    @Test("the saved bound is read back as it was written, and nothing else is taken for one")
    func savedBound() {
        let saved = SavedBound(epoch: 3, bound: Stamp(1 << 62))
        #expect(SavedBound(decoding: saved.encoded) == saved)
        for text in ["", "{}", "5", #"{"epoch":"1"}"#, #"{"epoch":"1","bound":"-4"}"#, #"{"epoch":1,"bound":2}"#] {
            #expect(SavedBound(decoding: Array(text.utf8)) == nil)
        }
    }
}
