import JSON
import Testing
import Wire

@testable import Client

@Suite("Printing broadcasts")
struct PrintingTests {
    private func line(_ activity: String, _ style: Style = Style(hasColour: false)) -> String {
        let message = ServerMessage(line: Array(#"{"command":"ACTIVITY_BROADCAST","activity":\#(activity)}"#.utf8))
        guard case .broadcast(let broadcast) = message else { return "" }
        return String(decoding: BroadcastText.line(broadcast, style), as: UTF8.self)
    }

    @Test("a text is printed as the text, anything else as its JSON without the name")
    func forms() {
        #expect(line(#"{"object":"hello","authenticated_user":"alice"}"#) == "alice: hello\n")
        #expect(line(#"{"object":"hello","x":1,"authenticated_user":"al"}"#) == "al: {\"object\":\"hello\",\"x\":1}\n")
        #expect(line(#"{"object":5,"authenticated_user":"al"}"#) == "al: {\"object\":5}\n")
        #expect(line(#"{"authenticated_user":"al"}"#) == "al: {}\n")
    }

    @Test("numbers are printed as they were written, however big")
    func numbers() {
        let numbers = #"{"id":18446744073709551615,"x":[1e400,1.10,-0]}"#
        #expect(line(numbers.dropLast() + #","authenticated_user":"al"}"#) == "al: \(numbers)\n")
    }

    @Test("no text of others reaches the terminal as an escape sequence")
    func injection() {
        let text = line(#"{"object":"a\u001b[2Jb\nbob: c\r\u007f\u009b\u202e","authenticated_user":"e\u001bve"}"#)
        #expect(text == "e\\u001bve: a\\u001b[2Jb\\nbob: c\\r\\u007f\\u009b\\u202e\n")
        #expect(Printable.text("täglich\t日本 🌳") == "täglich\t日本 🌳")
    }

    @Test("on a terminal names have colours, always the same")
    func colours() {
        let style = Style(hasColour: true)
        let text = line(#"{"object":"hi","authenticated_user":"alice"}"#, style)
        #expect(text.hasPrefix("\u{1b}[1;"))
        #expect(text.hasSuffix("malice\u{1b}[0m: hi\n"))
        #expect(text == line(#"{"object":"hi","authenticated_user":"alice"}"#, style))
    }

    @Test("a late message is marked, and a time stands before the name")
    func timeAndLateness() {
        let came = #"{"command":"ACTIVITY_BROADCAST","late":true,"activity":{"object":"hi","authenticated_user":"al"}}"#
        guard case .broadcast(let broadcast) = ServerMessage(line: Array(came.utf8)) else {
            Issue.record("not understood")
            return
        }
        let line = BroadcastText.line(broadcast, Style(hasColour: false), time: "12:00")
        #expect(String(decoding: line, as: UTF8.self) == "12:00 al (late): hi\n")
    }

    @Test("for programs the line is printed as it came")
    func json() {
        let came = #"{ "command":"ACTIVITY_BROADCAST","x":1.0, "activity":{"b":1,"a":"\u00e4"}}"#
        guard case .broadcast(let broadcast) = ServerMessage(line: Array(came.utf8)) else {
            Issue.record("not understood")
            return
        }
        #expect(String(decoding: BroadcastText.json(broadcast), as: UTF8.self) == came + "\n")
    }
}

@Suite("Senders and receipts")
struct PersonTests {
    private func broadcast(_ user: String, session: String?) -> Broadcast {
        let rest = session.map { #","session":"\#($0)","cseq":1"# } ?? ""
        let line =
            #"{"command":"ACTIVITY_BROADCAST","activity":{"object":"hi","authenticated_user":"\#(user)"}\#(rest)}"#
        guard case .broadcast(let broadcast) = ServerMessage(line: Array(line.utf8)) else { preconditionFailure() }
        return broadcast
    }

    private func line(_ broadcast: Broadcast, colour: Bool = false, tellsApart: Bool = true) -> String {
        let style = Style(hasColour: colour)
        return String(decoding: BroadcastText.line(broadcast, style, tellsApart: tellsApart), as: UTF8.self)
    }

    @Test("two people without names are told apart by a tag, each in a colour of its own, always the same")
    func tags() {
        let one = line(broadcast("anonymous", session: "s1"))
        let two = line(broadcast("anonymous", session: "s2"))
        #expect(one.hasPrefix("anonymous#") && one.hasSuffix(": hi\n"))
        #expect(one.count == "anonymous#abcd: hi\n".count)
        #expect(one != two)
        #expect(one == line(broadcast("anonymous", session: "s1")))
        let colours = (0..<20).map { line(broadcast("anonymous", session: "s\($0)"), colour: true).prefix(8) }
        #expect(Set(colours).count > 4)
    }

    @Test("no tag is shown for a name, in a pipe, or if the server gives no session")
    func noTags() {
        #expect(line(broadcast("anna", session: "s1")) == "anna: hi\n")
        #expect(line(broadcast("anonymous", session: "s1"), tellsApart: false) == "anonymous: hi\n")
        #expect(line(broadcast("anonymous", session: nil)) == "anonymous: hi\n")
    }

    @Test("a tag contains no harmful character of a session's name")
    func harmless() {
        let text = line(broadcast("anonymous", session: #"\u001b[2J\n"#))
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }

    @Test("an own message says so if fewer servers hold it than promised")
    func copies() {
        let story = Story()
        story.happens(.started)
        story.happens(.connected)
        story.letIn(rest: #","copies":3"#)
        for word in ["one", "two", "three"] { story.types(word) }
        _ = story.orders()
        story.hearsBroadcast("one", id: "a.1.1", session: "mine", cseq: 1, copies: 1)
        story.hearsBroadcast("two", id: "a.1.2", session: "mine", cseq: 2, copies: 2)
        story.hearsBroadcast("three", id: "a.1.3", session: "mine", cseq: 3, copies: 3)
        story.hearsBroadcast("four", by: "bob", id: "a.1.4", session: "his", cseq: 3, copies: 1)
        #expect(
            story.orders() == [
                "show anonymous: one (on 1 server only)", "show anonymous: two (on 2 servers only)",
                "show anonymous: three", "show bob: four",
            ])
    }
}
