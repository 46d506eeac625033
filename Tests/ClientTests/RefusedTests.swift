import Testing
import Tree

@testable import Client

@Suite("Refused lines")
struct RefusedTests {
    /// A line whose message has this many bytes on the wire.
    private func line(of bytes: Int, cseq: Int = 1) -> String {
        let around = #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"object":""},"cseq":\#(cseq)}"#
        return String(repeating: "x", count: bytes - around.utf8.count)
    }

    private func tellings(_ orders: [String]) -> [String] { orders.filter { $0.hasPrefix("tell") } }

    private func comesBack(_ story: Story) {
        story.waitsForAttempt()
        story.happens(.connected)
        story.letIn()
    }

    @Test("a line that is too long is refused, later ones are sent, and the exit status is 1")
    func tooLong() {
        let story = Story()
        story.comesIn()
        story.types(line(of: 65_537))
        story.types("after")
        story.happens(.inputEnded)
        let orders = story.orders()
        #expect(
            tellings(orders) == [
                "tell a line was not said: it takes 65537 bytes on its way, and the server takes lines of up to "
                    + "65536 bytes; say it in several"
            ])
        #expect(orders.last?.hasSuffix(#""activity":{"object":"after"},"cseq":1}"#) == true)
        story.hearsBroadcast("after", id: "a.1.1", session: "mine", cseq: 1)
        #expect(story.orders().last == "end 1")
    }

    @Test("a line of exactly the length that the server takes is sent")
    func justFits() {
        let story = Story()
        story.comesIn()
        story.types(line(of: 65_536))
        let orders = story.orders()
        #expect(orders.count == 1)
        #expect(orders[0].utf8.count == 65_536 + "send ".utf8.count)
    }

    @Test("each server's limit counts, also for lines that were typed before its login")
    func serversLimit() {
        let story = Story()
        story.happens(.started)
        story.types(line(of: 301))
        story.types(line(of: 300, cseq: 2))
        story.happens(.connected)
        _ = story.orders()
        story.letIn(rest: #","max_line_bytes":300"#)
        var orders = story.orders()
        #expect(tellings(orders).filter { $0.contains("takes 301 bytes") && $0.contains("up to 300 bytes") }.count == 1)
        #expect(orders.filter { $0.hasPrefix("send") }.count == 1)
        story.types(line(of: 301, cseq: 3))
        story.happens(.disconnected(reason: "gone"))
        story.waitsForAttempt()
        story.happens(.connected)
        _ = story.orders()
        story.letIn(rest: #","max_line_bytes":260"#)
        orders = story.orders()
        #expect(orders.filter { $0.hasPrefix("send") }.isEmpty)
        #expect(tellings(orders).contains { $0.contains("takes 300 bytes") && $0.contains("up to 260 bytes") })
    }

    @Test("a line that is too long to be read doesn't end the client")
    func tooLongToBeRead() {
        let story = Story()
        story.comesIn()
        story.happens(.typedTooMuch(limitBytes: 5))
        story.types("after")
        #expect(story.orders().first == "tell a line was not said: it is longer than 5 bytes")
        story.hearsBroadcast("after", id: "a.1.1", session: "mine", cseq: 1)
        story.happens(.inputEnded)
        #expect(story.orders().last == "end 1")
    }

    @Test("the client of a person, who has read the notice, ends with status 0")
    func person() {
        let story = Story(takesCommands: true)
        story.comesIn()
        story.types(line(of: 70_000))
        story.types("/quit")
        #expect(story.orders().last == "end 0")
    }

    @Test("a message that the server complains about is given up after the second attempt, and the others are sent")
    func poison() {
        let story = Story()
        story.comesIn()
        story.types("poison")
        for _ in 0..<2 {
            story.hears(#"{"command":"INVALID_MESSAGE","info":"no"}"#)
            story.types("later")
            comesBack(story)
        }
        let orders = story.orders()
        #expect(orders.filter { $0.hasPrefix("send") && $0.contains("poison") }.count == 2)
        #expect(
            tellings(orders).contains("tell the server refuses a message, which was not said: no: poison"), "\(orders)")
        #expect(orders.filter { $0.contains(#""object":"later""#) }.count == 2)
        for number in 2...3 { story.hearsBroadcast("later", id: "a.1.\(number)", session: "mine", cseq: number) }
        story.happens(.inputEnded)
        #expect(story.orders().last == "end 1")
    }

    @Test("of several messages under way the refused one is found, and all others are sent")
    func poisonAmongOthers() {
        let story = Story()
        story.comesIn()
        for word in ["one", "poison", "three", "four"] { story.types(word) }
        story.happens(.inputEnded)
        _ = story.orders()
        var heard: [String] = []
        var connections = 0
        // This server takes messages in order, until the one that it refuses.
        story.hears(#"{"command":"INVALID_MESSAGE","info":"no"}"#)
        for _ in 0..<100 where story.session.nextDeadline != nil {
            let orders = story.orders()
            if orders.contains(where: { $0.hasPrefix("connect") }) {
                connections += 1
                story.happens(.connected)
                story.letIn(vector: nil)
                continue
            }
            let said = orders.filter { $0.contains("ACTIVITY_MESSAGE") }
            for line in said {
                if line.contains("poison") {
                    story.hears(#"{"command":"INVALID_MESSAGE","info":"no"}"#)
                    break
                }
                let word = ["one", "three", "four"].first { line.contains("\"\($0)\"") }!
                heard.append(word)
                story.hearsBroadcast(word)
            }
            if said.isEmpty { story.waitsForAttempt() }
        }
        #expect(heard == ["one", "three", "four"])
        #expect(connections == 3)
    }

    @Test("three complaints in a row that no message can have caused end the client")
    func complaints() {
        let story = Story()
        story.comesIn()
        for _ in 0..<3 {
            story.hears(#"{"command":"INVALID_MESSAGE","info":"no"}"#)
            comesBack(story)
        }
        #expect(story.orders("end") == ["end 1"])
    }

    @Test("complaints that we are too slow or that the server is full are not about a message")
    func aboutTheConnection() {
        let story = Story()
        story.comesIn()
        story.types("innocent")
        for info in ["too slow", "this server is full: try again later, or another one"] {
            story.hears(#"{"command":"INVALID_MESSAGE","info":"\#(info)"}"#)
            comesBack(story)
        }
        #expect(story.orders().filter { $0.contains(#""object":"innocent""#) }.count == 3)
    }
}
