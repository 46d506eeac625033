import Testing
import Tree

@testable import Client
@testable import Session

@Suite("Without a server")
struct OutageTests {
    private static let refused = "connection refused"

    @Test("the loss of all servers is reported at once with the waiting messages, and so is the return of one")
    func allGone() {
        let story = Story()
        story.comesIn()
        story.types("one")
        story.happens(.disconnected(reason: "the connection was closed"))
        story.waitsForAttempt()
        _ = story.orders()
        story.happens(.disconnected(reason: Self.refused))
        #expect(
            story.orders("tell") == [
                "tell no server lets us in at the moment (home:1: connection refused); trying again and again. "
                    + "What you say is kept: 1 message waits"
            ])
        for _ in 0..<5 {
            story.waitsForAttempt()
            story.happens(.disconnected(reason: Self.refused))
        }
        story.types("two")
        #expect(story.session.countUnderWay == 2)
        #expect(story.session.underWay(atMost: 1) == ["two"])
        #expect(!story.session.isOnline)
        #expect(story.orders("tell").isEmpty)
        story.waitsForAttempt()
        story.happens(.connected)
        story.letIn()
        #expect(
            story.orders().suffix(3).map { String($0.prefix(60)) }
                == [
                    #"send {"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"object":"one"},"cseq":1}"#,
                    #"send {"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"object":"two"},"cseq":2}"#,
                    "tell connected again, to home:1: nothing was missed",
                ].map { String($0.prefix(60)) })
    }

    @Test("a redirect to a dead server is reported at once, and only once however often it happens")
    func redirectedToTheDead() {
        let story = Story()
        story.comesIn()
        var tellings: [String] = []
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        story.happens(.disconnected(reason: Self.refused))
        tellings += story.orders("tell")
        #expect(tellings.count == 1)
        #expect(
            tellings.first?.hasPrefix("tell no server lets us in at the moment (other:2: connection refused)") == true)
        for _ in 0..<30 {
            story.waitsForAttempt()
            guard case .connecting(let address, _) = story.session.session.state else { break }
            if address == Story.home {
                story.happens(.connected)
                story.letIn(vector: #"{"a.1":9}"#)
                story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
            } else {
                story.happens(.disconnected(reason: Self.refused))
            }
            tellings += story.orders("tell")
        }
        #expect(tellings.count == 1, "\(tellings)")
        story.waitsForAttempt()
        story.happens(.connected)
        story.letIn()
        story.waits(.seconds(6))
        #expect(story.orders("tell").last?.contains("connected") == true)
    }

    @Test("servers that don't answer at all are reported after a second, not after all have been tried")
    func silence() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(servers: (2..<10).map { Address(host: "other", port: $0) })
        _ = story.orders()
        story.happens(.disconnected(reason: "no answer"))
        story.waits(.milliseconds(900))
        #expect(story.orders("tell").isEmpty)
        story.waits(.milliseconds(200))
        #expect(story.orders("tell") == ["tell lost home:1: no answer; looking for another server"])
        story.waits(.seconds(40))
        let tellings = story.orders("tell")
        #expect(tellings.count == 1)
        #expect(tellings.first?.hasPrefix("tell no server lets us in at the moment") == true)
    }

    @Test("a server that is replaced within a second is reported together with its replacement")
    func quick() {
        let story = Story()
        story.comesIn()
        story.happens(.disconnected(reason: "gone"))
        story.waitsForAttempt()
        story.happens(.connected)
        story.letIn()
        story.waits(.seconds(10))
        #expect(story.orders("tell") == ["tell connected again, to home:1: nothing was missed"])
        #expect(story.session.nextDeadline == nil)
    }
}
