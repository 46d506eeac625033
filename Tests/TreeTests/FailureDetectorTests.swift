import Testing

@testable import Tree

/// Who counts as gone, and what a node concludes that was itself late (docs/protocol.md#failure-detection).
@Suite struct FailureDetectorTests {
    private let limits = Limits()
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test func aLinkIsSilentFromTheLimitOnAndNotBefore() {
        let detector = FailureDetector()
        #expect(!detector.isSilent(lastHeard: start, at: start + .milliseconds(3499), limits: limits))
        #expect(detector.isSilent(lastHeard: start, at: start + .milliseconds(3500), limits: limits))
    }

    @Test func aNodeThatWasLateItselfJudgesNobodyForOneHeartbeat() {
        var detector = FailureDetector()
        let late = start + .milliseconds(501)
        detector.woken(at: late, for: start, limits: limits)
        #expect(detector.verdictPostponed(at: late) == late + .seconds(1))
        #expect(detector.verdictPostponed(at: late + .milliseconds(999)) == late + .seconds(1))
        #expect(detector.verdictPostponed(at: late + .seconds(1)) == nil)
    }

    @Test(arguments: [0, 1, 500]) func aNodeThatIsWokenInTimeJudges(milliseconds: Int) {
        var detector = FailureDetector()
        detector.woken(at: start + .milliseconds(milliseconds), for: start, limits: limits)
        #expect(detector.verdictPostponed(at: start + .milliseconds(milliseconds)) == nil)
    }

    @Test func aDeadlineThatIsStillToComeIsNotALateOne() {
        var detector = FailureDetector()
        detector.woken(at: start, for: start + .seconds(5), limits: limits)
        #expect(detector.verdictPostponed(at: start) == nil)
    }

    @Test func theGraceOfALonelyNodeEndsOnce() {
        var detector = FailureDetector()
        detector.lastLinkLost()
        #expect(detector.waitsAlone)
        #expect(detector.graceEnded() == true)
        #expect(!detector.waitsAlone)
        #expect(detector.graceEnded() == false)
    }

    @Test func aLinkThatOpensMeanwhileEndsTheGraceWithoutAWord() {
        var detector = FailureDetector()
        detector.lastLinkLost()
        detector.linkOpened()
        #expect(detector.graceEnded() == false)
    }
}
