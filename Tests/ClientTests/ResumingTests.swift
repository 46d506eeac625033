import Testing
import Tree

@testable import Client
@testable import Session

@Suite("Resuming at another server")
struct ResumingTests {
    @Test("at the next server the client asks for what it missed and repeats what hasn't come back")
    func lostServer() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(vector: #"{"a.1":1}"#, servers: [Story.other])
        story.hearsBroadcast("two", by: "bob", id: "a.1.2")
        story.types("mine 1")
        story.types("mine 2")
        story.hearsBroadcast("mine 1", id: "a.1.3", session: "mine", cseq: 1)
        _ = story.orders()

        story.happens(.disconnected(reason: "the connection was closed"))
        story.waits(.milliseconds(100))
        #expect(story.orders() == ["connect home:1"])
        story.happens(.disconnected(reason: "connection refused"))
        story.waits(.milliseconds(50))
        #expect(story.orders() == ["connect other:2"])
        story.happens(.connected)
        story.letIn(vector: #"{"a.1":4,"b.1":1}"#)
        #expect(
            story.orders() == [
                #"send {"command":"LOGIN","username":"anonymous","session":"mine","#
                    + #""features":["gap","notice"],"since":{"a.1":3}}"#,
                #"send {"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"object":"mine 2"},"cseq":2}"#,
            ])
        story.hearsBroadcast("two", by: "bob", id: "a.1.2")
        story.hearsBroadcast("mine 2", id: "a.1.4", session: "mine", cseq: 2)
        story.hearsBroadcast("there", by: "carol", id: "b.1.1")
        #expect(
            story.orders() == [
                "show anonymous: mine 2", "show carol: there",
                "tell connected again, to other:2: "
                    + "2 messages that came meanwhile have been shown now, and nothing was missed",
            ])
        // The repeated copy comes under another id.
        story.hearsBroadcast("mine 2", id: "b.1.2", session: "mine", cseq: 2)
        #expect(story.orders().isEmpty)
    }

    @Test("the client gives the greatest entry that it saw in the order of stamps, which no late message changes")
    func lastPlace() {
        let story = Story()
        story.comesIn()
        for (number, fields) in [#""stamp":"70""#, #""stamp":"90""#, #""late":true,"stamp":"60""#].enumerated() {
            story.hears(
                #"{"command":"ACTIVITY_BROADCAST","activity":{"object":"x"},"id":"a.1.\#(number + 1)",\#(fields)}"#)
        }
        story.happens(.disconnected(reason: "gone"))
        story.waits(.milliseconds(100))
        story.happens(.connected)
        #expect(story.orders("send").first?.hasSuffix(#""last":{"stamp":"90","id":"a.1.2"}}"#) == true)
    }

    @Test("it reports the new server even if its vector has entries that clients don't get, such as registrations")
    func quiet() {
        let story = Story()
        story.comesIn()
        story.happens(.disconnected(reason: "gone"))
        story.waits(.milliseconds(100))
        story.happens(.connected)
        story.letIn(vector: #"{"a.1":9}"#)
        story.hearsBroadcast("x", id: "a.1.3")
        _ = story.orders()
        story.waits(.milliseconds(301))
        #expect(
            story.orders() == [
                "tell connected again, to home:1: "
                    + "1 message that came meanwhile has been shown now, and nothing was missed"
            ])
        #expect(story.session.nextDeadline == nil)
    }

    @Test("without a server it keeps trying, ever more slowly, and says once that the server is lost")
    func outage() {
        let story = Story()
        story.comesIn()
        story.happens(.disconnected(reason: "gone"))
        var attempts = 0
        var tellings = 0
        for _ in 0..<600 {
            story.waits(.milliseconds(100))
            for order in story.orders() {
                if order.hasPrefix("connect") {
                    attempts += 1
                    story.happens(.disconnected(reason: "connection refused"))
                }
                if order.hasPrefix("tell no server lets us in at the moment (home:1: ") { tellings += 1 }
                #expect(!order.hasPrefix("end"))
            }
        }
        #expect(attempts > 10)
        #expect(attempts < 40)
        #expect(tellings == 1)
    }

    @Test("a server that drops the client right after its login isn't tried again in a hurry")
    func flapping() {
        let story = Story()
        story.comesIn()
        var attempts = 0
        for _ in 0..<300 {
            story.waits(.milliseconds(100))
            for order in story.orders() where order.hasPrefix("connect") {
                attempts += 1
                story.happens(.connected)
                story.letIn(vector: #"{"a.1":9}"#)
                story.happens(.disconnected(reason: "dropped"))
            }
            if attempts == 0 { story.happens(.disconnected(reason: "dropped")) }
        }
        #expect(attempts > 0)
        #expect(attempts < 40)
    }

    @Test("a login that another server accepted before is repeated a few times when one refuses it")
    func refusedElsewhere() {
        let story = Story(username: "alice", secret: "s")
        story.comesIn()
        story.happens(.disconnected(reason: "gone"))
        for _ in 0..<5 {
            story.waitsForAttempt()
            story.happens(.connected)
            story.hears(#"{"command":"LOGIN_FAILED","info":"attempt to login with wrong secret"}"#)
        }
        #expect(story.orders("end").isEmpty)
        story.waitsForAttempt()
        story.happens(.connected)
        story.hears(#"{"command":"LOGIN_FAILED","info":"attempt to login with wrong secret"}"#)
        #expect(story.orders("end") == ["end 1"])
    }

    @Test("a gap is reported and counts as received")
    func gap() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"GAP","origin":"a.1","from":3,"through":7}"#)
        #expect(
            story.orders() == ["tell missed up to 5 messages: they are no longer kept (a.1, 3 to 7)"])
        story.hearsBroadcast("old", id: "a.1.7")
        story.hearsBroadcast("new", id: "a.1.8")
        #expect(story.orders() == ["show anonymous: new"])
    }

    @Test("an own message in a gap counts as said once a later one has come back")
    func ownGap() {
        let story = Story()
        story.comesIn()
        story.types("one")
        story.types("two")
        story.happens(.inputEnded)
        story.hearsBroadcast("two", id: "a.1.9", session: "mine", cseq: 2)
        #expect(story.orders("end") == ["end 0"])
    }

    @Test("somebody else's session of the same name is no own message")
    func foreignSession() {
        let story = Story(username: "alice", secret: "s")
        story.comesIn()
        story.types("one")
        story.happens(.inputEnded)
        story.hearsBroadcast("one", by: "alice", id: "a.1.1", session: "hers", cseq: 1)
        story.hearsBroadcast("one", by: "mallory", id: "a.1.2", session: "mine", cseq: 1)
        #expect(story.orders("end").isEmpty)
        story.hearsBroadcast("one", by: "alice", id: "a.1.3", session: "mine", cseq: 1)
        #expect(story.orders() == ["show alice: one", #"send {"command":"LOGOUT"}"#, "end 0"])
    }

    @Test("doubles are recognised by the sender's own numbers, in any order and over many sessions")
    func doubles() {
        var doubles = Doubles()
        func isFirst(_ user: String, _ session: String, _ number: UInt64) -> Bool {
            doubles.isFirst(user: user, session: session, sequence: number)
        }
        for number: UInt64 in [5, 6, 9, 8, 7, 1] {
            #expect(isFirst("a", "s", number))
            #expect(!isFirst("a", "s", number))
        }
        #expect(isFirst("b", "s", 5))
        for number: UInt64 in [5, 6, 7, 8, 9, 1] { #expect(!isFirst("a", "s", number)) }
        for session in 0..<20_000 { #expect(isFirst("c", "\(session)", 1)) }
        #expect(!isFirst("c", "19999", 1))
    }
}
