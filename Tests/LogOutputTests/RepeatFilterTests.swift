import Testing

@testable import LogOutput

@Suite("Repeated lines")
struct RepeatFilterTests {
    private var filter = RepeatFilter<String>()
    private let second: UInt64 = 1_000_000_000

    /// What is written of a fault that happens each second: the second, and how many repetitions are summarised.
    private mutating func each(_ seconds: Range<UInt64>, _ fault: String = "fault") -> [[UInt64]] {
        var said: [[UInt64]] = []
        for moment in seconds {
            switch filter.admit("words", fault: fault, atOnce: 1, at: moment * second) {
            case .say: said.append([moment, 1])
            case .summarise(let summary): said.append([moment, UInt64(summary.count)])
            case .holdBack: break
            }
        }
        return said
    }

    @Test("a fault each second is written at once, and then with its count after growing pauses")
    mutating func pauses() {
        #expect(each(0..<151) == [[0, 1], [10, 10], [30, 20], [70, 40], [150, 80]])
    }

    @Test("the pauses end at ten minutes")
    mutating func longest() {
        let moments = each(0..<4000).map(\.[0])
        #expect(moments.suffix(3) == [2430, 3030, 3630])
    }

    @Test("another fault is written at once")
    mutating func change() {
        _ = each(0..<5)
        guard case .say = filter.admit("others", fault: "another", atOnce: 1, at: 5 * second) else {
            Issue.record("it was held back")
            return
        }
    }

    @Test("a reminder each minute is never held back, nor is a fault that comes back after a while")
    mutating func reminders() {
        for minute in 0..<20 as Range<UInt64> {
            #expect(each(minute * 60..<minute * 60 + 1) == [[minute * 60, 1]])
        }
    }

    @Test("a line that is no fault is written a few times before it is held back")
    mutating func fewTimes() {
        let verdicts = (0..<5).map { filter.admit("words", fault: "notice", atOnce: 3, at: UInt64($0) * second) }
        let said = verdicts.map { if case .say = $0 { true } else { false } }
        #expect(said == [true, true, true, false, false])
    }

    @Test("a summary is due when its pause ends, and at the end, with the last text")
    mutating func due() {
        _ = filter.admit("first", fault: "fault", atOnce: 1, at: 0)
        #expect(filter.nextDue == nil)
        _ = filter.admit("second", fault: "fault", atOnce: 1, at: second)
        _ = filter.admit("third", fault: "fault", atOnce: 1, at: 2 * second)
        #expect(filter.nextDue == 10 * second)
        #expect(filter.due(at: 9 * second).isEmpty)
        let due = filter.due(at: 10 * second)
        #expect(due.map(\.line) == ["third"])
        #expect(due.map(\.count) == [2])
        #expect(due.map(\.elapsed) == [10 * second])
        #expect(filter.nextDue == nil)
        _ = filter.admit("fourth", fault: "fault", atOnce: 1, at: 11 * second)
        #expect(filter.due(at: 12 * second, all: true).map(\.line) == ["fourth"])
    }

    @Test("the memory is limited: the oldest fault is forgotten, and summarised if it was held back")
    mutating func bounded() {
        var overdue: [String] = []
        for number in 0..<1000 {
            for _ in 0..<2 {
                _ = filter.admit(
                    "\(number)", fault: "\(number)", atOnce: 1, at: UInt64(number) * second / 1000
                ) { overdue.append($0.line) }
            }
        }
        #expect(overdue == (0..<1000 - LogLimits().remembered).map(String.init))
    }
}
