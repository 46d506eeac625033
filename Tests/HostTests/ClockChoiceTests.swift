import Testing
import Tree

@testable import Host

@Suite("Which clock a node asks")
struct ClockChoiceTests {
    private let a = Address(host: "a", port: 1)
    private let b = Address(host: "b", port: 2)
    private let c = Address(host: "c", port: 3)

    @Test("a clock that answers is asked for as long as it answers")
    func sticks() {
        var choice = ClockChoice([a, b, c])
        choice.failed()
        #expect(choice.target == b)
        for _ in 0..<5 { choice.answered() }
        #expect(choice.target == b)
    }

    @Test("the leader that a standby names is asked, and kept if it answers")
    func named() {
        var choice = ClockChoice([a, b, c])
        choice.standsBy(leader: c)
        #expect(choice.target == c)
        choice.answered()
        #expect(choice.target == c)
    }

    @Test("a leader that has just been silent is not asked again only because standbys still name it")
    func outOfDate() {
        var choice = ClockChoice([a, b, c])
        choice.failed()
        choice.standsBy(leader: a)
        #expect(choice.target == c)
        choice.standsBy(leader: b)
        #expect(choice.target == b)
    }

    @Test("standbys that name each other are not followed in circles")
    func circle() {
        var choice = ClockChoice([a, b, c])
        var asked: [Address] = []
        for _ in 0..<12 {
            asked.append(choice.target)
            choice.standsBy(leader: choice.target == a ? b : a)
        }
        #expect(Set(asked) == [a, b, c])
    }

    @Test("a leader outside of the list is asked too, and given up when it fails")
    func unknown() {
        var choice = ClockChoice([a, b])
        choice.standsBy(leader: c)
        choice.answered()
        #expect(choice.target == c)
        choice.failed()
        #expect([a, b].contains(choice.target))
    }

    @Test("after each round without stamps there is a pause")
    func pause() {
        var choice = ClockChoice([a, b])
        #expect(!choice.hasTriedAll)
        choice.failed()
        #expect(!choice.hasTriedAll)
        choice.standsBy(leader: nil)
        #expect(choice.hasTriedAll)
        choice.answered()
        #expect(!choice.hasTriedAll)
    }
}
