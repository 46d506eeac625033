import Testing
import Tree

@testable import Client

@Suite("Logging in")
struct GettingInTests {
    @Test("an anonymous client connects, logs in without a secret, and says so")
    func anonymous() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn()
        #expect(
            story.orders() == [
                "connect home:1",
                #"send {"command":"LOGIN","username":"anonymous","session":"mine","features":["gap","notice"]}"#,
                "tell logged in at home:1 as anonymous",
            ])
    }

    @Test("a new name is registered, then logged in on the same connection, and a made secret is shown")
    func registers() {
        let story = Story(username: "alice", secret: "s1", registers: true, madeUp: true)
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"REGISTER_SUCCESS","info":"register success for alice"}"#)
        story.letIn()
        #expect(
            story.orders() == [
                "connect home:1", #"send {"command":"REGISTER","username":"alice","secret":"s1"}"#,
                "tell registered as alice with secret s1",
                #"send {"command":"LOGIN","username":"alice","secret":"s1","session":"mine","#
                    + #""features":["gap","notice"]}"#,
                "tell logged in at home:1 as alice",
            ])
    }

    @Test("a name that is taken ends the client with status 1")
    func nameTaken() {
        let story = Story(username: "alice", secret: "s1", registers: true)
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"REGISTER_FAILED","info":"alice is already registered with the system"}"#)
        #expect(
            story.orders().suffix(2) == [
                "tell the registration was refused: alice is already registered with the system; "
                    + "log in with its secret (--secret-file or COPPICE_USER_SECRET) and without --register if the "
                    + "name is yours, or choose another one", "end 1",
            ])
    }

    @Test("a registration that succeeded isn't repeated when its answer was lost")
    func registrationLost() {
        let story = Story(username: "alice", secret: "s1", registers: true)
        story.happens(.started)
        story.happens(.connected)
        story.happens(.disconnected(reason: "reset"))
        story.waits(.milliseconds(300))
        _ = story.orders()
        story.happens(.connected)
        story.letIn()
        #expect(
            story.orders("send") == [
                #"send {"command":"LOGIN","username":"alice","secret":"s1","session":"mine","#
                    + #""features":["gap","notice"]}"#
            ])
    }

    @Test("a registration that was lost on the way is repeated")
    func registrationNeverArrived() {
        let story = Story(username: "alice", secret: "s1", registers: true)
        story.happens(.started)
        story.happens(.connected)
        story.happens(.disconnected(reason: "reset"))
        story.waits(.milliseconds(300))
        story.happens(.connected)
        story.hears(#"{"command":"LOGIN_FAILED","info":"attempt to login with wrong secret"}"#)
        story.waits(.milliseconds(500))
        _ = story.orders()
        story.happens(.connected)
        #expect(story.orders() == [#"send {"command":"REGISTER","username":"alice","secret":"s1"}"#])
    }

    @Test("a wrong secret ends the client with status 1")
    func wrongSecret() {
        let story = Story(username: "alice", secret: "no")
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"LOGIN_FAILED","info":"attempt to login with wrong secret"}"#)
        #expect(story.orders().last == "end 1")
    }

    @Test("a login that cannot be checked now is tried again")
    func loginUnknown() {
        let story = Story(username: "alice", secret: "s")
        story.happens(.started)
        story.happens(.connected)
        _ = story.orders()
        story.hears(#"{"command":"LOGIN_FAILED","info":"the login cannot be checked now, try again"}"#)
        #expect(story.orders("end").isEmpty)
        story.waits(.milliseconds(300))
        #expect(story.orders("connect") == ["connect home:1"])
    }

    @Test("without a server the client tries for five seconds, then ends with status 1 and names the flags")
    func nobodyThere() {
        let story = Story()
        story.happens(.started)
        var last: [String] = []
        for _ in 0..<200 where last.last != "end 1" {
            story.happens(.disconnected(reason: "connection refused"))
            story.waits(.milliseconds(100))
            last = story.orders().filter { $0.hasPrefix("end") || $0.hasPrefix("tell") } + last.suffix(0)
            if last.last == "end 1" { break }
        }
        #expect(last == ["tell cannot reach home:1: connection refused; check -rh/--host and -rp/--port", "end 1"])
        #expect(story.now - Instant(nanoseconds: 1_000_000_000) < .seconds(7))
    }

    @Test("at another kind of server the client ends with status 1 and names the flags")
    func noServerThere() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        _ = story.orders()
        story.hears(#"{"command":"INVALID_MESSAGE","info":"only GET_TIME"}"#)
        let told =
            "tell home:1 refuses to let a client in: only GET_TIME; check -rh/--host, -rp/--port and -u/--username"
        #expect(story.orders().filter { $0.hasPrefix("tell") || $0.hasPrefix("end") } == [told, "end 1"])
    }

    @Test("a server that takes the connection and never answers is given up")
    func silentServer() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.waits(.seconds(16))
        #expect(story.orders("end") == ["end 1"])
    }

    @Test("a redirect is followed, with what was received so far, and the name isn't registered again")
    func redirect() {
        let story = Story(username: "alice", secret: "s1", registers: true)
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"REGISTER_SUCCESS","info":""}"#)
        story.letIn(vector: #"{"a.1":4}"#)
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        #expect(story.orders().suffix(2) == ["disconnect", "connect other:2"])
        story.happens(.connected)
        story.letIn(vector: #"{"a.1":5}"#)
        story.hearsBroadcast("missed", by: "bob", id: "a.1.5")
        #expect(
            story.orders() == [
                #"send {"command":"LOGIN","username":"alice","secret":"s1","session":"mine","#
                    + #""features":["gap","notice"],"redirected":true,"since":{"a.1":4}}"#,
                "show bob: missed",
                "tell home:1 has sent us to other:2, and we are connected there now: "
                    + "1 message that came meanwhile has been shown now, and nothing was missed",
            ])
    }

    @Test("the original's redirect, before the login and with the port as a string, is followed as well")
    func originalsRedirect() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":"2"}"#)
        #expect(story.orders().last == "connect other:2")
    }

    @Test("a client that was sent elsewhere before it was let in is told by whom")
    func sentOnFirst() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        story.happens(.connected)
        story.letIn()
        #expect(story.orders("tell") == ["tell logged in at other:2 as anonymous: home:1 has sent us there"])
    }

    @Test("where a server has sent us is told only of the server to which it did")
    func sentElsewhere() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        for _ in 0..<10 where story.session.session.currentAddress != Story.home {
            story.happens(.disconnected(reason: "connection refused"))
            story.waitsForAttempt()
        }
        story.happens(.connected)
        story.letIn()
        #expect(story.orders("tell").last == "tell connected again, to home:1: nothing was missed")
    }

    @Test("a server that sends us to one which doesn't answer is not lost")
    func sentToTheSilent() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"REDIRECT","hostname":"other","port":2}"#)
        story.waits(.milliseconds(1100))
        #expect(
            story.orders("tell") == [
                "tell home:1 has sent us to other:2, which hasn't let us in yet; looking for another server as well"
            ])
    }

    @Test("two servers that redirect to each other don't keep the client busy")
    func redirectLoop() {
        let story = Story()
        story.happens(.started)
        for index in 0..<50 {
            story.happens(.connected)
            story.letIn()
            story.hears(#"{"command":"REDIRECT","hostname":"\#(index % 2 == 0 ? "other" : "home")","port":2}"#)
        }
        #expect(story.orders("connect").count < 8)
    }

    @Test("unknown commands are ignored, and a line that is no message ends the connection")
    func strangeServers() {
        let story = Story()
        story.comesIn()
        story.hears(#"{"command":"WEATHER","sun":true}"#)
        #expect(story.orders().isEmpty)
        story.hears("HTTP/1.1 400 Bad Request")
        #expect(story.orders() == ["disconnect"])
    }
}
