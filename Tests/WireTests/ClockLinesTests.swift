import Testing
import Tree

@testable import Wire

/// Questions to a clock, and its answers.
@Suite struct ClockLinesTests {
    private static let address = Address(host: "clock.example", port: 3779)

    @Test(arguments: [
        ClockQuestion.time, .stamps(count: 1000, seen: nil), .stamps(count: 1, seen: Stamp(1 << 60)),
    ]) func everyQuestionIsReadAsItWasWritten(_ question: ClockQuestion) throws {
        #expect(question.line.last == UInt8(ascii: "\n"))
        #expect(try ClockQuestion(line: question.line.span.bytes, batch: 1000) == question)
    }

    @Test(arguments: [
        ClockAnswer.stamps(
            ClockStamps(first: Stamp(1 << 60), count: 3, epoch: .max, wallMilliseconds: 1_795_376_500_724)),
        .time(milliseconds: 1_795_376_500_724), .time(milliseconds: nil), .standby(leader: address),
        .standby(leader: nil), .refusal(info: "no \n stamps"), .unknownQuestion,
    ]) func everyAnswerIsReadAsItWasWritten(_ answer: ClockAnswer) {
        #expect(answer.line.last == UInt8(ascii: "\n"))
        #expect(ClockAnswer(line: answer.line.span.bytes) == answer)
    }

    @Test func answersAreTheLinesOfTheProtocol() {
        func text(_ answer: ClockAnswer) -> String { String(decoding: answer.line, as: UTF8.self) }
        #expect(
            text(.time(milliseconds: 1_795_376_500_724))
                == #"{"command":"CLOCK_RESPONSE","time":"1795376500724"}"# + "\n")
        #expect(
            text(.stamps(ClockStamps(first: Stamp(5), count: 3, epoch: 9, wallMilliseconds: 7)))
                == #"{"command":"CLOCK_RESPONSE","epoch":"9","first":"5","count":3,"time":"7"}"# + "\n")
        #expect(
            text(.standby(leader: Self.address))
                == #"{"command":"CLOCK_STANDBY","hostname":"clock.example","port":3779}"# + "\n")
    }

    @Test func nodesAndTheOriginalsClockAreRecognisedByTheirAnswers() {
        func answer(_ line: String) -> ClockAnswer? { ClockAnswer(line: Array(line.utf8).span.bytes) }
        let node = Encoding.line(of: .invalidMessage(info: "unknown message"))
        #expect(ClockAnswer(line: node.span.bytes) == .unknownQuestion)
        #expect(answer(#"{"time":"5","command":"CLOCK_RESPONSE"}"#) == .time(milliseconds: 5))
        #expect(answer(#"{"command":"CLOCK_STANDBY","hostname":"a b","port":1}"#) == .standby(leader: nil))
        for line in ["x", "{}", #"{"command":"LOGIN"}"#, #"{"command":"CLOCK_RESPONSE","first":"5","count":3}"#] {
            #expect(answer(line) == nil)
        }
    }

    // MARK: Questions

    private func question(_ line: String) -> ClockQuestion? {
        try? ClockQuestion(line: Array(line.utf8).span.bytes, batch: 262_144)
    }

    private func complaint(_ line: String) -> String? {
        do {
            _ = try ClockQuestion(line: Array(line.utf8).span.bytes, batch: 262_144)
            return nil
        } catch {
            return error.info
        }
    }

    @Test func aQuestionWithoutACountIsTheOriginalsQuestion() {
        #expect(question(#"{"command":"GET_TIME"}"#) == .time)
        #expect(question(#"{"command":"GET_TIME","extra":[1]}"#) == .time)
    }

    @Test func aCountAsksForStamps() {
        #expect(question(#"{"command":"GET_TIME","count":1000}"#) == .stamps(count: 1000, seen: nil))
        #expect(question(#"{"command":"GET_TIME","count":1,"seen":"42"}"#) == .stamps(count: 1, seen: Stamp(42)))
    }

    @Test func aFieldThatIsNullCountsAsAbsent() {
        #expect(question(#"{"command":"GET_TIME","count":null,"seen":null}"#) == .time)
        #expect(question(#"{"command":"GET_TIME","count":1,"seen":null}"#) == .stamps(count: 1, seen: nil))
    }

    @Test(arguments: [
        "", "GET_TIME", "[]", "{}", #"{"command":"LOGIN","username":"anonymous"}"#, #"{"command":1}"#,
        #"{"command":"get_time"}"#, #"{"command":"GET_TIME","command":"GET_TIME"}"#, "{\"command\":\"GET_TIME\"",
    ]) func anyOtherLineGetsTheOriginalsAnswer(line: String) {
        #expect(complaint(line) == "Clock server only accepts command GET_TIME")
    }

    @Test(arguments: [
        (#""count":0"#, "count"), (#""count":-1"#, "count"), (#""count":"5""#, "count"), (#""count":1.5"#, "count"),
        (#""count":262145"#, "count"), (#""count":1,"seen":5"#, "seen"), (#""count":1,"seen":"x""#, "seen"),
        (#""count":1,"seen":"-1""#, "seen"), (#""count":1,"seen":"18446744073709551615""#, "seen"),
    ]) func aCountOrASeenOfTheWrongKindIsNamed(fields: String, name: String) {
        #expect(complaint(#"{"command":"GET_TIME","# + fields + "}")?.hasPrefix(name) == true)
    }
}
