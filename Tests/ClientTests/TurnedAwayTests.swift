import Testing
import Tree

@testable import Client
@testable import Session

@Suite("A server that takes nobody now")
struct TurnedAwayTests {
    private static let third = Address(host: "third", port: 3)

    private func isFull(_ story: Story, servers: [Address] = []) {
        let list = servers.map { #"{"hostname":"\#($0.host)","port":\#($0.port)}"# }.joined(separator: ",")
        story.hears(#"{"command":"INVALID_MESSAGE","info":"this server is full","servers":[\#(list)]}"#)
    }

    /// How long it waits before it tries again, and where it does.
    private func nextAttempt(_ story: Story) -> (pause: Duration, address: Address?) {
        let before = story.now
        story.waitsForAttempt()
        return (story.now - before, story.session.session.currentAddress)
    }

    @Test("is left for one that it names")
    func namesOthers() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        _ = story.orders()
        isFull(story, servers: [Story.home, Story.other])
        #expect(story.orders() == ["disconnect", "tell home:1 lets nobody in: this server is full; looking on"])
        let (pause, address) = nextAttempt(story)
        #expect(address == Story.other)
        #expect(pause >= .milliseconds(100) && pause <= .milliseconds(200))
        story.happens(.connected)
        story.letIn()
        #expect(story.orders("tell") == ["tell logged in at other:2 as anonymous"])
    }

    @Test("is asked again after pauses that grow, without end, and told once")
    func alone() {
        let story = Story()
        story.happens(.started)
        var pauses: [Duration] = []
        for _ in 0..<20 {
            story.happens(.connected)
            isFull(story)
            let (pause, address) = nextAttempt(story)
            #expect(address == Story.home)
            pauses.append(pause)
        }
        #expect(zip(pauses, pauses.dropFirst(2)).prefix(4).allSatisfy { $1 >= $0 * 2 })
        #expect(pauses.suffix(10).allSatisfy { $0 >= .milliseconds(2500) && $0 <= .seconds(5) })
        #expect(Set(pauses.suffix(10)).count > 5)
        let orders = story.orders()
        #expect(orders.filter { $0.hasPrefix("tell") }.count == 1)
        #expect(!orders.contains { $0.hasPrefix("end") })
        story.happens(.connected)
        story.letIn()
        #expect(story.session.isOnline)
    }

    @Test("is not tried again before the others that are known")
    func othersFirst() {
        let story = Story()
        story.comesIn()
        story.happens(.disconnected(reason: "gone"))
        story.session.session.remember([Story.other, Self.third])
        story.waitsForAttempt()
        var asked: [Address?] = []
        for _ in 0..<3 {
            asked.append(story.session.session.currentAddress)
            story.happens(.connected)
            isFull(story)
            story.waitsForAttempt()
        }
        #expect(Set(asked.compactMap(\.self)).count == 3)
    }

    @Test("and that cannot be reached later doesn't end a client that was never let in")
    func goesOn() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        isFull(story, servers: [Story.other])
        for _ in 0..<10 {
            story.waitsForAttempt()
            story.happens(.disconnected(reason: "connection refused"))
            story.waits(.seconds(1))
        }
        #expect(!story.orders().contains { $0.hasPrefix("end") })
    }

    @Test("is registered at again, or at another one")
    func registering() {
        let story = Story(username: "ann", secret: "s", registers: true)
        story.happens(.started)
        story.happens(.connected)
        isFull(story, servers: [Story.other])
        story.waitsForAttempt()
        _ = story.orders()
        story.happens(.connected)
        #expect(story.orders("send").first?.contains("REGISTER") == true)
    }

    @Test("leaves, and those who are logged in go on elsewhere")
    func leaves() {
        let story = Story()
        story.comesIn()
        isFull(story, servers: [Story.other])
        #expect(nextAttempt(story).address == Story.other)
        story.happens(.connected)
        #expect(story.orders("send").first?.contains(#""since""#) == true)
    }

    @Test("for a minute after a redirect it tells the next server that it was sent on")
    func redirected() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        #expect(story.orders("send").first?.contains("redirected") == false)
        story.letIn()
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        story.happens(.connected)
        #expect(story.orders("send").last?.contains(#""redirected":true"#) == true)
        isFull(story, servers: [Story.home])
        story.waitsForAttempt()
        story.happens(.connected)
        #expect(story.orders("send").last?.contains(#""redirected":true"#) == true)
        story.letIn()
        story.waits(.seconds(61))
        story.happens(.disconnected(reason: "gone"))
        story.waitsForAttempt()
        story.happens(.connected)
        #expect(story.orders("send").last?.contains("redirected") == false)
    }
}
