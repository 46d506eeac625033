import Testing

@testable import Tree

@Suite struct `Clients that others have sent here` {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    @Test func `are on their way until they log in, and nobody of their name is sent on for a while`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", comesBy: at(100), until: at(100), limit: 9, at: at(0))
        arrivals.expect("anna", comesBy: at(150), until: at(150), limit: 9, at: at(50))
        #expect(arrivals.onTheirWay == 2)
        #expect(arrivals.loggedIn("ben", saysSo: nil, limit: 10, at: at(60)) == false)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(60)) == true)
        #expect(arrivals.onTheirWay == 1)
        // The one who came first is taken to be the one that was sent first.
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(120)) == true)
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(130)) == true)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(151)) == false)
        #expect(arrivals.count == 0)
    }

    @Test func `are counted anew once they were forgotten`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", comesBy: at(100), until: at(10), limit: 9, at: at(0))
        arrivals.forgetOld(at: at(20))
        #expect(arrivals.onTheirWay == 0)
        arrivals.expect("anna", comesBy: at(200), until: at(200), limit: 9, at: at(30))
        arrivals.forgetOld(at: at(150))
        #expect(arrivals.onTheirWay == 1, "the time of the first one is no business of the second")
        arrivals.forgetOld(at: at(201))
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.count == 0)
    }

    /// Twenty thousand names, each looked for among all: that would take minutes.
    @Test func `cost the same however many there are`() {
        var arrivals = Arrivals()
        let names = (0..<20_000).map { NameKey(exactly: "n\($0)") }
        for name in names { _ = arrivals.loggedIn(name, saysSo: .seconds(1), limit: 20_000, at: at(0)) }
        for name in names.reversed() {
            arrivals.expect(name, comesBy: at(5000), until: at(5000), limit: 10_000, at: at(1))
        }
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.count == 10_000)
        for name in names { arrivals.expect(name, comesBy: at(5000), until: at(5000), limit: 10_000, at: at(2)) }
        #expect(arrivals.onTheirWay == 10_000)
        arrivals.forgetOld(at: at(6000))
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.count == 0)
    }

    @Test func `are forgotten when they don't come, each in its turn`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", comesBy: at(100), until: at(100), limit: 9, at: at(0))
        arrivals.expect("ben", comesBy: at(110), until: at(110), limit: 9, at: at(10))
        arrivals.forgetOld(at: at(101))
        #expect(arrivals.onTheirWay == 1)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(101)) == false)
        #expect(arrivals.loggedIn("ben", saysSo: nil, limit: 10, at: at(101)) == true)
    }

    @Test func `are remembered up to a limit, the latest of them`() {
        var arrivals = Arrivals()
        for name: NameKey in ["anna", "ben", "carla"] {
            arrivals.expect(name, comesBy: at(100), until: at(100), limit: 2, at: at(0))
        }
        #expect(arrivals.count == 2)
        #expect(arrivals.onTheirWay == 2)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(1)) == false)
        #expect(arrivals.loggedIn("carla", saysSo: nil, limit: 10, at: at(1)) == true)
    }

    @Test func `are waited for a while, and their names are remembered for longer`() {
        var arrivals = Arrivals()
        arrivals.expect("anna", comesBy: at(20), until: at(100), limit: 9, at: at(0))
        arrivals.forgetOld(at: at(21))
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(90)) == true)
        #expect(arrivals.onTheirWay == 0)
    }

    @Test func `may come before the word that they were sent, and say so`() {
        var arrivals = Arrivals()
        #expect(arrivals.loggedIn("anna", saysSo: .milliseconds(20), limit: 10, at: at(0)) == false)
        arrivals.expect("anna", comesBy: at(30), until: at(100), limit: 9, at: at(10))
        #expect(arrivals.onTheirWay == 0)
        #expect(arrivals.loggedIn("anna", saysSo: nil, limit: 10, at: at(12)) == true)
        // That was so long ago that this is about somebody else.
        #expect(arrivals.loggedIn("ben", saysSo: .milliseconds(20), limit: 10, at: at(20)) == false)
        arrivals.expect("ben", comesBy: at(60), until: at(100), limit: 9, at: at(41))
        #expect(arrivals.onTheirWay == 1)
    }

    @Test func thoseWhoCameEarlyAreRememberedUpToALimit() {
        var arrivals = Arrivals()
        for number in 0..<5 {
            _ = arrivals.loggedIn("user \(number)", saysSo: .seconds(10), limit: 3, at: at(0))
        }
        for number in 0..<5 {
            arrivals.expect("user \(number)", comesBy: at(100), until: at(200), limit: 10, at: at(1))
        }
        // Of the first two it isn't known any more that they have come.
        #expect(arrivals.onTheirWay == 2)
    }
}
