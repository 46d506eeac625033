import Testing
import Tree

@testable import Client

@Suite("Saying something, and ending")
struct TalkingTests {
    private static func said(_ activity: String, _ cseq: Int) -> String {
        #"send {"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":\#(activity),"cseq":\#(cseq)}"#
    }

    @Test("messages are numbered; a line that is an object is sent as it is, other text as an object")
    func lines() {
        let story = Story()
        story.comesIn()
        story.types("hello \"you\"")
        story.types(#"{"a": 1.0, "b":[true]}"#)
        story.types("")
        story.types("{broken")
        #expect(
            story.orders() == [
                Self.said(#"{"object":"hello \"you\""}"#, 1), Self.said(#"{"a": 1.0, "b":[true]}"#, 2),
                Self.said(#"{"object":"{broken"}"#, 3),
            ])
    }

    @Test("a registered name shows its secret with each message")
    func withSecret() {
        let story = Story(username: "a\"b", secret: "s")
        story.comesIn()
        story.types("x")
        #expect(
            story.orders() == [
                #"send {"command":"ACTIVITY_MESSAGE","username":"a\"b","secret":"s","activity":{"object":"x"},"#
                    + #""cseq":1}"#
            ])
    }

    @Test("with nothing to say it shows that it is there, if the server would close it else")
    func pings() {
        let ping = #"send {"command":"PING"}"#
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(rest: #","idle_timeout":30"#)
        _ = story.orders()
        story.waits(.milliseconds(9_900))
        #expect(story.orders("send") == [])
        story.types("x")
        story.waits(.milliseconds(9_900))
        #expect(story.orders("send").count == 1)
        story.waits(.milliseconds(200))
        #expect(story.orders("send") == [ping])
        story.hears(#"{"command":"PONG"}"#)
        #expect(story.orders() == [])
        story.waits(.seconds(30))
        #expect(story.orders("send") == [ping, ping, ping])
        // The next server has no such limit.
        story.happens(.disconnected(reason: "gone"))
        story.waitsForAttempt()
        story.happens(.connected)
        story.letIn()
        _ = story.orders()
        story.waits(.seconds(600))
        #expect(!story.orders().contains(ping))
    }

    @Test(
        "a server that names a limit that can't be meant gets no pings", arguments: ["0", "-1", "9000000000000000000"])
    func noPings(limit: String) {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(rest: #","idle_timeout":\#(limit)"#)
        _ = story.orders()
        story.waits(.seconds(600))
        #expect(story.orders("send") == [])
    }

    @Test("a line that is typed before the login waits for it")
    func typedEarly() {
        let story = Story()
        story.happens(.started)
        story.types("x")
        story.happens(.connected)
        _ = story.orders()
        story.letIn()
        #expect(story.orders("send") == [Self.said(#"{"object":"x"}"#, 1)])
    }

    @Test("at the end of the input the client waits for its own messages, then logs out with status 0")
    func endOfInput() {
        let story = Story()
        story.comesIn()
        story.types("one")
        story.types("two")
        story.happens(.inputEnded)
        story.hearsBroadcast("other", id: "a.1.1", session: "theirs", cseq: 2)
        story.hearsBroadcast("one", id: "a.1.2", session: "mine", cseq: 1)
        #expect(story.orders("end").isEmpty)
        story.hearsBroadcast("two", id: "a.1.3", session: "mine", cseq: 2)
        #expect(story.orders() == ["show anonymous: two", #"send {"command":"LOGOUT"}"#, "end 0"])
        #expect(story.session.nextDeadline == nil)
    }

    @Test("a client without input logs in and out again")
    func emptyInput() {
        let story = Story()
        story.happens(.started)
        story.happens(.inputEnded)
        story.happens(.connected)
        story.letIn()
        #expect(story.orders().suffix(2) == [#"send {"command":"LOGOUT"}"#, "end 0"])
    }

    @Test("with --linger the client stays for that time")
    func linger() {
        let story = Story(linger: .seconds(2))
        story.comesIn()
        story.types("one")
        story.happens(.inputEnded)
        story.waits(.seconds(5))
        story.hearsBroadcast("one", id: "a.1.2", session: "mine", cseq: 1)
        story.waits(.milliseconds(1900))
        story.hearsBroadcast("late", id: "a.1.3")
        #expect(story.orders().suffix(1) == ["show anonymous: late"])
        story.waits(.milliseconds(200))
        #expect(story.orders() == [#"send {"command":"LOGOUT"}"#, "end 0"])
    }

    @Test("messages that don't come back for 30 seconds end the client with status 1 and a notice")
    func neverBack() {
        let story = Story()
        story.comesIn()
        story.types("one")
        story.types("two")
        story.happens(.inputEnded)
        story.waits(.seconds(29))
        story.hearsBroadcast("one", id: "a.1.2", session: "mine", cseq: 1)
        story.waits(.seconds(29))
        #expect(story.orders("end").isEmpty)
        story.waits(.seconds(2))
        let orders = story.orders()
        #expect(orders.last == "end 1")
        #expect(orders.contains { $0.hasPrefix("tell 1 of the own messages has not come back") })
    }

    @Test("the input waits while too many messages are under way")
    func window() {
        var limits = ClientLimits()
        limits.session.window = 4
        let story = Story(limits: limits)
        story.comesIn()
        for number in 1...4 { story.types("\(number)") }
        #expect(story.orders().suffix(1) == ["pause"])
        story.hearsBroadcast("1", id: "a.1.1", session: "mine", cseq: 1)
        #expect(story.orders("resume").isEmpty)
        story.hearsBroadcast("2", id: "a.1.2", session: "mine", cseq: 2)
        #expect(story.orders("resume") == ["resume"])
    }

    @Test("Control-C sends LOGOUT")
    func interrupted() {
        let story = Story()
        story.comesIn()
        story.happens(.interrupted(status: 130))
        #expect(story.orders() == [#"send {"command":"LOGOUT"}"#, "end 130"])
    }

    @Test("a refused secret ends the client")
    func authenticationFail() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"AUTHENTICATION_FAIL","info":"no"}"#)
        #expect(story.orders().last == "end 1")
    }

    @Test("the echo of a base server is recognised by its content, whatever its order of keys")
    func baseServer() {
        let story = Story(username: "alice", secret: "s")
        story.comesIn(vector: nil)
        story.types(#"{"a":1,"b":{"c":[1,2.0]}}"#)
        story.types("hi")
        story.happens(.inputEnded)
        story.hearsBroadcast("hi", by: "bob")
        #expect(story.orders("end").isEmpty)
        story.hears(
            #"{"activity":{"b":{"c":[1,2]},"authenticated_user":"alice","a":1},"command":"ACTIVITY_BROADCAST"}"#)
        #expect(story.orders("end").isEmpty)
        story.hearsBroadcast("hi", by: "alice")
        #expect(story.orders("end") == ["end 0"])
    }

    // MARK: Held back

    @Test func `A client that its node holds back says so, and waits for what it said`() {
        let story = Story()
        story.comesIn()
        story.types("hello")
        story.happens(.inputEnded)
        story.hears(#"{"command":"NOTICE","info":"it is taken as fast as x takes it","waits":true}"#)
        #expect(story.orders("tell") == ["tell home:1 holds us back: it is taken as fast as x takes it"])
        story.waits(.seconds(600))
        #expect(story.orders() == [])
        story.hears(#"{"command":"NOTICE","info":"as it comes","waits":false}"#)
        #expect(story.orders("tell") == ["tell home:1 takes what is said as it comes again"])
        story.waits(.seconds(29))
        #expect(story.orders() == [])
        story.waits(.seconds(2))
        #expect(story.orders("end") == ["end 1"])
    }

    @Test func `A server that is lost doesn't hold anybody back`() {
        let story = Story()
        story.comesIn()
        story.types("hello")
        story.happens(.inputEnded)
        story.hears(#"{"command":"NOTICE","info":"slowly","waits":true}"#)
        story.happens(.disconnected(reason: "gone"))
        story.waits(.seconds(40))
        #expect(story.orders("end") == ["end 1"])
    }

    @Test func `What else a server has to say to people is told`() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"NOTICE","info":"more than 5 messages a second"}"#)
        #expect(story.orders() == ["tell home:1 says: more than 5 messages a second"])
    }
}
