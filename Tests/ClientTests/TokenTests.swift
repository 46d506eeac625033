import Testing
import Tree

@testable import Client

/// What a client shows to whom: its secret at the server that its user has named, and elsewhere a resume token.
@Suite("Resume tokens")
struct TokenTests {
    private func story(registers: Bool = false) -> Story {
        Story(username: "alice", secret: "s1", registers: registers)
    }

    /// Logged in at home, which gives a token and names another server.
    private func alice(token: String? = "t1", seconds: Int? = 1000) -> Story {
        let story = story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(servers: [Story.other], rest: rest(token, seconds))
        _ = story.orders()
        return story
    }

    private func rest(_ token: String?, _ seconds: Int? = nil) -> String {
        (token.map { #","resume_token":"\#($0)""# } ?? "") + (seconds.map { #","resume_seconds":\#($0)"# } ?? "")
    }

    /// Loses the server, and connects to the other one.
    private func goesToTheOther(_ story: Story) {
        story.happens(.disconnected(reason: "reset"))
        for _ in 0..<20 {
            story.waitsForAttempt()
            if story.orders("connect").last == "connect other:2" { break }
            story.happens(.disconnected(reason: "refused"))
        }
        story.happens(.connected)
    }

    private static let features = #""features":["gap","notice"]"#

    @Test("the secret is shown at home, and at a server that was named the token alone, in messages too")
    func tokenElsewhere() {
        let story = alice()
        story.types("one")
        goesToTheOther(story)
        story.letIn(rest: rest("t2"))
        let sent = story.orders("send")
        #expect(sent.count == 2)
        #expect(sent.first?.contains(#""username":"alice","resume_token":"t1","session":"mine""#) == true)
        #expect(sent.last?.contains(#""command":"ACTIVITY_MESSAGE","username":"alice","activity""#) == true)
        #expect(!sent.joined().contains("s1"))
    }

    @Test("at home the token is shown beside the secret, which is shown in messages too")
    func bothAtHome() {
        let story = alice()
        story.happens(.disconnected(reason: "reset"))
        for _ in 0..<20 {
            story.waitsForAttempt()
            if story.orders("connect").last == "connect home:1" { break }
            story.happens(.disconnected(reason: "refused"))
        }
        story.happens(.connected)
        story.letIn(rest: rest("t2"))
        story.types("one")
        let sent = story.orders("send")
        #expect(sent.first?.contains(#""secret":"s1","resume_token":"t1""#) == true)
        #expect(sent.last?.contains(#""secret":"s1""#) == true)
    }

    @Test("a redirect's token is shown where it leads to")
    func redirected() {
        let story = alice()
        story.hears(#"{"command":"REDIRECT","hostname":"third","port":3,"resume_token":"t9"}"#)
        story.happens(.connected)
        let sent = story.orders("send")
        #expect(sent.count == 1)
        #expect(sent.first?.contains(#""resume_token":"t9""#) == true)
        #expect(!sent.joined().contains("s1"))
    }

    @Test("a token that a server refuses isn't shown there again, and the secret is shown at home alone")
    func refused() {
        let story = alice()
        goesToTheOther(story)
        _ = story.orders()
        story.hears(#"{"command":"LOGIN_FAILED","info":"the resume token is void: log in with the secret"}"#)
        for _ in 0..<20 {
            story.waitsForAttempt()
            #expect(story.orders("connect") == ["connect home:1"])
            story.happens(.disconnected(reason: "refused"))
        }
        story.waitsForAttempt()
        story.happens(.connected)
        #expect(story.orders("send").last?.contains(#""secret":"s1""#) == true)
        // Home gives a new one, which is good elsewhere.
        story.letIn(servers: [Story.other], rest: rest("t2"))
        goesToTheOther(story)
        #expect(story.orders("send").last?.contains(#""resume_token":"t2""#) == true)
    }

    @Test("a server that gives no tokens, as one of the base protocol, leads on as before")
    func withoutTokens() {
        let story = alice(token: nil)
        goesToTheOther(story)
        #expect(story.orders("send").last?.contains(#""secret":"s1""#) == true)
    }

    @Test("a new token is asked for at home when half of its time is over, on the same connection")
    func renewed() {
        let story = alice()
        story.waits(.seconds(499))
        #expect(story.orders("send") == [])
        story.waits(.seconds(2))
        #expect(
            story.orders() == [
                #"send {"command":"LOGIN","username":"alice","secret":"s1","session":"mine",\#(Self.features)}"#
            ])
        story.letIn(rest: rest("t2", 1000))
        #expect(story.orders() == [])
        story.waits(.seconds(501))
        #expect(story.orders("send").count == 1)
        goesToTheOther(story)
        #expect(story.orders("send").last?.contains(#""resume_token":"t2""#) == true)
    }

    @Test("nothing is asked for elsewhere, where the secret isn't shown, or without a time")
    func notRenewed() {
        let elsewhere = alice()
        goesToTheOther(elsewhere)
        elsewhere.letIn(rest: rest("t2", 500))
        _ = elsewhere.orders()
        elsewhere.waits(.seconds(2000))
        #expect(elsewhere.orders("send") == [])
        let timeless = alice(seconds: nil)
        timeless.waits(.seconds(100_000))
        #expect(timeless.orders("send") == [])
    }

    @Test("what a server sends as a token is bounded, and nonsense counts as none")
    func bounded() {
        for token in [String(repeating: "t", count: 129)] {
            let story = alice(token: token)
            goesToTheOther(story)
            #expect(story.orders("send").last?.contains("resume_token") == false)
        }
        let story = self.story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(servers: [Story.other], rest: #","resume_token":7,"resume_seconds":-5"#)
        #expect(story.orders("tell").last == "tell logged in at home:1 as alice")
    }
}
