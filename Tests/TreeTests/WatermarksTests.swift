import Testing

@testable import Tree

private func stamp(_ milliseconds: UInt64) -> Stamp { Stamp(milliseconds: 1_000_000 + milliseconds) }

/// What is promised on a link, and when.
@Suite struct WatermarksTests {
    @Test func onlyTheFirstPromiseOfALinkIsItsFirst() {
        var watermarks = Watermarks()
        #expect(watermarks.promised == nil)
        #expect(watermarks.received(stamp(5)) == true)
        #expect(watermarks.received(stamp(3)) == false)
        #expect(watermarks.promised == stamp(3))
    }

    /// An idle network is silent.
    @Test func aPromiseIsNewsWhenSomebodyMayWaitForIt() {
        var watermarks = Watermarks()
        #expect(watermarks.isNews(stamp(5), greatest: .zero))
        #expect(watermarks.tells(stamp(5)) == true)
        #expect(watermarks.tells(stamp(5)) == false)
        #expect(!watermarks.isNews(stamp(9), greatest: stamp(5)))
        #expect(watermarks.isNews(stamp(9), greatest: stamp(6)))
        // One that can't be kept is taken back whether somebody waits or not.
        #expect(watermarks.isNews(stamp(4), greatest: .zero))
    }

    @Test func whatIsOwedIsToldWhenTheCursorHasComeToWhereItWasMade() {
        var watermarks = Watermarks()
        watermarks.owe(stamp(5), at: LogPosition(3))
        #expect(watermarks.isOwed(beyond: LogPosition(2)))
        #expect(!watermarks.isOwed(beyond: LogPosition(3)))
        #expect(watermarks.takeOwed() == stamp(5))
        #expect(watermarks.takeOwed() == nil)
    }

    @Test func whatIsOwedFallsWithWhatCanBePromised() {
        var watermarks = Watermarks()
        watermarks.owe(stamp(5), at: LogPosition(3))
        watermarks.lowerOwed(to: stamp(9))
        watermarks.lowerOwed(to: stamp(4))
        watermarks.lowerOwed(to: stamp(6))
        #expect(watermarks.takeOwed() == stamp(4))
    }
}
