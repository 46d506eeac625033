import Testing

@testable import Tree

@Suite struct `Sessions that were cut` {
    @Test func `are told why once`() {
        var cut = CutSessions()
        cut.cut("a", because: "slow", limit: 10)
        #expect(cut.take("b") == nil)
        #expect(cut.take("a") == "slow")
        #expect(cut.take("a") == nil)
        #expect(cut.count == 0)
    }

    @Test func `are as many as may be remembered, and the oldest goes`() {
        var cut = CutSessions()
        for session in ["a", "b", "c"] { cut.cut(session, because: "slow", limit: 2) }
        #expect(cut.count == 2)
        #expect(cut.take("a") == nil)
        #expect(cut.take("c") == "slow")
        cut.cut("d", because: "slow", limit: 2)
        #expect(cut.take("b") == "slow")
        #expect(cut.take("d") == "slow")
    }
}
