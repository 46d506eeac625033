import Testing

@testable import Tree

@Suite struct `Clients that others have sent here` {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    @Test func `are on their way until they log in, and nobody of their name is sent on for a while`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", until: at(100), limit: 9, at: at(0))
        arrivals.expect("anna", until: at(150), limit: 9, at: at(50))
        #expect(arrivals.onTheirWay == 2)
        #expect(arrivals.loggedIn("ben", at: at(60)) == false)
        #expect(arrivals.loggedIn("anna", at: at(60)) == true)
        #expect(arrivals.onTheirWay == 1)
        // The one who came first is taken to be the one that was sent first.
        #expect(arrivals.loggedIn("anna", at: at(120)) == true)
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.loggedIn("anna", at: at(130)) == true)
        #expect(arrivals.loggedIn("anna", at: at(151)) == false)
        #expect(arrivals.count == 0)
    }

    @Test func `are forgotten when they don't come, each in its turn`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", until: at(100), limit: 9, at: at(0))
        arrivals.expect("ben", until: at(110), limit: 9, at: at(10))
        arrivals.forgetOld(at: at(101))
        #expect(arrivals.onTheirWay == 1)
        #expect(arrivals.loggedIn("anna", at: at(101)) == false)
        #expect(arrivals.loggedIn("ben", at: at(101)) == true)
    }

    @Test func `are remembered up to a limit, the latest of them`() {
        var arrivals = Arrivals()
        for name in ["anna", "ben", "carla"] { arrivals.expect(name, until: at(100), limit: 2, at: at(0)) }
        #expect(arrivals.count == 2)
        #expect(arrivals.onTheirWay == 2)
        #expect(arrivals.loggedIn("anna", at: at(1)) == false)
        #expect(arrivals.loggedIn("carla", at: at(1)) == true)
    }
}
