import Testing
import Tree

@testable import Client

@Suite("Commands of a person")
struct CommandsTests {
    private func arrived() -> Story {
        let story = Story(takesCommands: true)
        story.comesIn()
        return story
    }

    @Test("the greeting says how to find help, and how to leave")
    func greeting() {
        let story = Story(takesCommands: true)
        story.happens(.started)
        story.happens(.connected)
        story.letIn()
        #expect(story.orders("tell").last == "tell /help lists what you can type; /quit or Control-D leaves")
    }

    @Test("help names each command, and nothing is sent to others")
    func help() {
        let story = arrived()
        story.types("/help")
        let orders = story.orders()
        for word in ["/who", "/me", "/quit", "//", "Control-D", "Control-C"] {
            #expect(orders.contains { $0.contains(word) }, "\(word)")
        }
        #expect(orders.allSatisfy { $0.hasPrefix("tell") })
    }

    @Test(
        "an unknown command is named, and nothing is said to others",
        arguments: ["/foo bar", "/", "/etc/passwd", "/ help"])
    func unknown(line: String) {
        let story = arrived()
        story.types(line)
        let orders = story.orders()
        let word = line.split(separator: " ")[0]
        #expect(orders.count == 1)
        #expect(orders[0].hasPrefix("tell there is no \(word), so nothing was said"))
    }

    @Test("two slashes send one, and a slash later in the line has no meaning")
    func slashes() {
        let story = arrived()
        story.types("//who")
        story.types(" /who")
        let said = story.orders("send")
        #expect(said[0].contains(#"{"object":"/who"}"#))
        #expect(said[1].contains(#"{"object":" /who"}"#))
    }

    @Test("in a pipe a slash is a slash")
    func pipe() {
        let story = Story()
        story.comesIn()
        for line in ["/quit", "//x"] { story.types(line) }
        let orders = story.orders()
        #expect(orders.count == 2)
        #expect(orders[0].contains(#"{"object":"/quit"}"#))
        #expect(orders[1].contains(#"{"object":"//x"}"#))
    }

    @Test("quitting waits for messages under way, and accepts no further line")
    func quit() {
        let story = arrived()
        story.types("one")
        story.types("/quit")
        story.types("two")
        #expect(story.orders().filter { $0.hasPrefix("end") || $0.contains("two") }.isEmpty)
        story.hearsBroadcast("one", id: "a.1.1", session: "mine", cseq: 1)
        #expect(story.orders("end") == ["end 0"])
    }

    @Test("Control-C with messages under way says that they may not have arrived")
    func interrupted() {
        let story = arrived()
        story.types("one")
        story.happens(.interrupted(status: 130))
        #expect(
            story.orders("tell") == [
                "tell 1 message of your own had not come back yet: whether others received it is not known"
            ])
    }

    @Test("/who lists the people heard, the last first, with oneself marked")
    func who() {
        let story = arrived()
        story.types("/who")
        #expect(story.orders() == ["tell nobody has said anything since you came"])
        story.hearsBroadcast("hi", by: "bob", id: "a.1.1", session: "s1", cseq: 1)
        story.waits(.seconds(150))
        story.hearsBroadcast("hi", by: "anonymous", id: "a.1.2", session: "s2", cseq: 1)
        story.waits(.seconds(20))
        story.types("me")
        story.hearsBroadcast("me", id: "a.1.3", session: "mine", cseq: 1)
        _ = story.orders()
        story.types("/who")
        let orders = story.orders()
        #expect(orders.count == 4)
        #expect(orders[1].hasPrefix("tell   anonymous#") && orders[1].hasSuffix(" (you), just now"))
        #expect(orders[2].hasPrefix("tell   anonymous#") && orders[2].hasSuffix(", 20 seconds ago"))
        #expect(orders[3] == "tell   bob, 2 minutes ago")
    }

    @Test("/me tells one's name and server, and how many messages are under way")
    func me() {
        let story = Story(username: "anna", secret: "s", takesCommands: true)
        story.comesIn()
        story.types("/me")
        #expect(story.orders() == ["tell you are anna, connected to home:1"])
        story.types("one")
        story.happens(.disconnected(reason: "gone"))
        _ = story.orders()
        story.types("/me")
        #expect(
            story.orders() == [
                "tell you are anna, without a server at the moment; 1 message of yours has not come back yet"
            ])
    }

    @Test("/me with words is an action, as everybody can read it")
    func act() {
        let story = arrived()
        story.types("/me  waves")
        #expect(story.orders("send").first?.contains(#"{"object":"* waves"}"#) == true)
    }

    @Test("a limited number of people is remembered: those who were heard last")
    func crowd() {
        var people = People(limit: 10)
        for number in 0..<1000 {
            people.heard(Person(name: "\(number)", session: nil), at: Instant(nanoseconds: UInt64(number)))
        }
        #expect(people.byLastHeard.count <= 20)
        #expect(people.byLastHeard.first?.person.name == "999")
    }
}
