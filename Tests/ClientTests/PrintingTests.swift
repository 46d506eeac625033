import JSON
import Testing

@testable import Client

@Suite("What is printed")
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

    @Test("nobody reaches through to the terminal")
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

    @Test("what comes late says so, and a time stands before the name")
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
