import Testing

@testable import Tree

/// The text itself as the line, with a digit for the copies and a line end.
struct PlainLines: EntryFormat {
    func process(_ text: [UInt8], sender: String) -> [UInt8] { text }

    var copiesFromEnd: Int { 2 }

    func appendLine(of entry: Entry, to bytes: inout [UInt8]) {
        guard case .activity(let activity) = entry.body else { return }
        bytes += activity.text + Array("1\n".utf8)
    }

    func append(_ line: Span<UInt8>, isLate: Bool, to bytes: inout [UInt8]) {
        if isLate { bytes += Array("late ".utf8) }
        line.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
}

/// A log with a hand that numbers entries.
struct LogBench {
    var log = Log(format: PlainLines())
    let a = Origin(node: NodeID(1), incarnation: Incarnation(1))
    let b = Origin(node: NodeID(2), incarnation: Incarnation(1))

    @discardableResult
    mutating func store(
        _ text: String, from origin: Origin, at seconds: Int = 0, hop: UInt8 = 0, arrival: UInt32 = 0,
        visibility: Log.Visibility = .shown
    ) -> LogPosition {
        let number = log.number(of: origin)
        let sequence = log.storedSequence(of: number) + 1
        let entry = Entry(
            origin: origin, sequence: sequence, stamp: Stamp(sequence),
            body: .activity(Activity(sender: "x", text: Array(text.utf8), retry: nil)))
        return log.append(
            entry, number: number, hop: hop, arrival: arrival, visibility: visibility,
            at: Instant(nanoseconds: UInt64(seconds) * 1_000_000_000))
    }

    /// What is held by somebody who has everything.
    var everything: Marks {
        var marks = Marks()
        for number in log.origins.origins.indices { marks.raise(number, to: log.storedSequence(of: number)) }
        return marks
    }

    mutating func makeAllSafe(copies: Int = 2) {
        while log.safe < log.stored { _ = log.passSafe(copies: copies) }
    }

    func text(from offset: UInt64, upTo limit: UInt64) -> String {
        log.withLines(from: offset, upTo: limit) { lines in
            lines.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
    }
}

@Suite struct LogTests {
    @Test func everythingBehindACursorIsOnePiece() {
        var bench = LogBench()
        bench.store("one", from: bench.a)
        let second = bench.store("two", from: bench.b)
        bench.store("three", from: bench.a)
        let end = bench.log.offset(of: bench.log.stored)
        #expect(bench.text(from: bench.log.offset(of: second), upTo: end) == "two1\nthree1\n")
    }

    @Test func aLineNeverCrossesFromOneSegmentIntoTheNext() {
        var bench = LogBench()
        let line = String(repeating: "x", count: 50_000)
        for _ in 0..<20 { bench.store(line, from: bench.a) }
        var offset = bench.log.offset(of: bench.log.floor)
        let end = bench.log.offset(of: bench.log.stored)
        var pieces = 0
        while offset < end {
            let piece = bench.text(from: offset, upTo: end)
            #expect(piece.hasSuffix("1\n"))
            #expect(piece.utf8.count.isMultiple(of: 50_002))
            offset += UInt64(piece.utf8.count)
            pieces += 1
        }
        #expect(pieces == 4)
    }

    @Test func aLineLargerThanASegmentIsStillOnePiece() {
        var bench = LogBench()
        let line = String(repeating: "y", count: Segments.capacityBytes + 10)
        let position = bench.store(line, from: bench.a)
        let offset = bench.log.offset(of: position)
        #expect(bench.text(from: offset, upTo: bench.log.offset(of: bench.log.stored)).utf8.count == line.count + 2)
    }

    @Test func theCopiesAreWrittenIntoTheLineWhenItBecomesSafe() {
        var bench = LogBench()
        bench.store("m", from: bench.a)
        _ = bench.log.passSafe(copies: 3)
        #expect(bench.text(from: 0, upTo: 3) == "m3\n")
    }

    @Test func moreThanNineCopiesAreShownAsNine() {
        var bench = LogBench()
        bench.store("m", from: bench.a)
        _ = bench.log.passSafe(copies: 12)
        #expect(bench.text(from: 0, upTo: 3) == "m9\n")
    }

    @Test func retriesAndControlEntriesTakeNoBytesOfClients() {
        var bench = LogBench()
        bench.store("seen", from: bench.a)
        let hidden = bench.store("again", from: bench.b, visibility: .retry)
        bench.store("next", from: bench.a)
        #expect(bench.text(from: 0, upTo: bench.log.offset(of: bench.log.stored)) == "seen1\nnext1\n")
        guard case .entry(let entry) = bench.log.content(at: hidden) else {
            Issue.record("a hidden entry has to be kept as it is")
            return
        }
        #expect(entry.origin == bench.b)
    }

    @Test func theVectorAtAPositionForgetsWhatCameLater() {
        var bench = LogBench()
        bench.store("a1", from: bench.a)
        let middle = bench.store("b1", from: bench.b)
        bench.store("a2", from: bench.a)
        #expect(bench.log.vector[bench.a] == 2)
        let before = bench.log.vector(at: middle)
        #expect(before[bench.a] == 1)
        #expect(before[bench.b] == 0)
    }

    @Test func aReaderStartsAtTheFirstEntryThatItLacks() {
        var bench = LogBench()
        bench.store("a1", from: bench.a)
        let wanted = bench.store("b1", from: bench.b)
        bench.store("a2", from: bench.a)
        var held = Marks()
        held.raise(bench.log.number(of: bench.a), to: 1)
        let start = bench.log.start(forReaderOf: held)
        #expect(start.position == wanted)
        #expect(start.gaps.isEmpty && start.later.isEmpty)
    }

    @Test func whoIsBehindTheFloorIsToldExactlyWhatIsMissing() {
        var bench = LogBench()
        for second in 0..<10 { bench.store("m", from: bench.a, at: second) }
        bench.makeAllSafe()
        let dropped = bench.log.trim(
            toBytes: .max, olderThan: Instant(nanoseconds: 4_000_000_000), heldByAll: bench.everything,
            evenIfLacking: nil, upTo: bench.log.safe)
        #expect(dropped == 4)
        var held = Marks()
        held.raise(bench.log.number(of: bench.a), to: 1)
        let start = bench.log.start(forReaderOf: held)
        #expect(start.gaps == [Log.Gap(origin: bench.a, from: 2, through: 4)])
        #expect(start.position == bench.log.floor)
        #expect(bench.log.sequence(at: start.position) == 5)
    }

    @Test func forAReaderWhoWasToldOfAHoleAllIsNewOnlyBehindWhatItReadBeforeThat() {
        var bench = LogBench()
        bench.store("b1", from: bench.b)
        let last = bench.store("a1", from: bench.a)
        let number = bench.log.number(of: bench.a)
        bench.log.skip(number, to: 5)
        let next = bench.store("a6", from: bench.a)
        var held = Marks()
        held.raise(number, to: 5)
        let start = bench.log.start(forReaderOf: held)
        #expect(start.position < last)
        #expect(start.newFrom == last.next)
        #expect(last.next == next)
        #expect(start.gaps.isEmpty && start.later.isEmpty)
    }

    @Test func trimmingNeverTakesWhatIsNotSafe() {
        var bench = LogBench()
        for _ in 0..<3 { bench.store("m", from: bench.a) }
        _ = bench.log.passSafe(copies: 2)
        let dropped = bench.log.trim(
            toBytes: 0, olderThan: nil, heldByAll: Marks(), evenIfLacking: nil, upTo: bench.log.safe)
        #expect(dropped == 1)
        #expect(bench.log.count == 2)
    }

    @Test func oldEntriesThatSomebodyLacksStayUntilTheCap() {
        var bench = LogBench()
        for second in 0..<10 { bench.store("m", from: bench.a, at: second) }
        bench.makeAllSafe()
        var held = Marks()
        held.raise(bench.log.number(of: bench.a), to: 2)
        let all = Instant(nanoseconds: 100_000_000_000)
        let byAge = bench.log.trim(
            toBytes: .max, olderThan: all, heldByAll: held, evenIfLacking: nil, upTo: bench.log.safe)
        #expect(byAge == 2)
        let byCap = bench.log.trim(
            toBytes: .max, olderThan: all, heldByAll: held, evenIfLacking: Instant(nanoseconds: 5_000_000_000),
            upTo: bench.log.safe)
        #expect(byCap == 3)
    }

    @Test func trimmingByBytesKeepsTheNewest() {
        var bench = LogBench()
        let line = String(repeating: "z", count: 1000)
        for _ in 0..<2000 { bench.store(line, from: bench.a) }
        bench.makeAllSafe()
        _ = bench.log.trim(
            toBytes: 500_000, olderThan: nil, heldByAll: Marks(), evenIfLacking: nil, upTo: bench.log.safe)
        #expect(bench.log.bytes < 500_000 + 2 * Segments.capacityBytes)
        #expect(bench.log.sequence(at: LogPosition(bench.log.stored.value - 1)) == 2000)
    }

    @Test func aSkippedStretchLeavesTheNextNumberFree() {
        var bench = LogBench()
        bench.store("a1", from: bench.a)
        let number = bench.log.number(of: bench.a)
        bench.log.skip(number, to: 5)
        #expect(bench.log.storedSequence(of: number) == 5)
        bench.store("a6", from: bench.a)
        #expect(bench.log.vector[bench.a] == 6)
    }

    @Test func whatLiesBeforeASkippedStretchIsStillReadAndTheGapToldBehindIt() {
        var bench = LogBench()
        let first = bench.store("a1", from: bench.a)
        bench.log.skip(bench.log.number(of: bench.a), to: 5)
        let sixth = bench.store("a6", from: bench.a)
        let start = bench.log.start(forReaderOf: Marks())
        #expect(start.position == first)
        #expect(start.gaps.isEmpty)
        #expect(start.later.map(\.gap) == [Log.Gap(origin: bench.a, from: 2, through: 5)])
        #expect(start.later.map(\.at) == [sixth])
    }

    /// What another origin said in between may answer the first part: a reader has to hear of that before.
    @Test func aHoleLearntOfInTwoPartsIsToldInTwoEachInItsPlace() {
        var bench = LogBench()
        bench.store("a1", from: bench.a)
        let number = bench.log.number(of: bench.a)
        bench.log.skip(number, to: 3)
        let between = bench.store("b1", from: bench.b)
        bench.log.skip(number, to: 5)
        let sixth = bench.store("a6", from: bench.a)
        let start = bench.log.start(forReaderOf: Marks())
        #expect(start.gaps.isEmpty)
        #expect(
            start.later.map(\.gap) == [
                Log.Gap(origin: bench.a, from: 2, through: 3), Log.Gap(origin: bench.a, from: 4, through: 5),
            ])
        #expect(start.later.map(\.at) == [between, sixth])
    }

    @Test func onceTheStretchBeforeIsGoneTheGapIsOne() {
        var bench = LogBench()
        bench.store("a1", from: bench.a)
        bench.log.skip(bench.log.number(of: bench.a), to: 5)
        bench.store("a6", from: bench.a)
        bench.makeAllSafe()
        for _ in 0..<2 { bench.store("b", from: bench.b) }
        bench.makeAllSafe()
        let held = bench.everything
        let dropped = bench.log.trim(
            toBytes: .max, olderThan: Instant(nanoseconds: 1), heldByAll: held, evenIfLacking: nil, upTo: bench.log.safe
        )
        #expect(dropped == 4)
        let start = bench.log.start(forReaderOf: Marks())
        #expect(start.gaps.first == Log.Gap(origin: bench.a, from: 1, through: 6))
        #expect(start.later.isEmpty)
    }

    @Test func hopsThatLostTheirLinkCountNoMore() {
        var bench = LogBench()
        bench.store("a1", from: bench.a, hop: 3, arrival: 7)
        bench.store("b1", from: bench.b, hop: 3, arrival: 8)
        bench.log.forgetHops(arrival: 7)
        #expect(bench.log.record(at: LogPosition(0)).hop == 0)
        #expect(bench.log.record(at: LogPosition(1)).hop == 3)
    }
}
