import Foundation

/// Asks clocks for stamps all the time, as a node does: the one that answers, or whom a standby names, or the next one.
/// It checks that stamps never repeat and never go back, and keeps the longest time without any.
///
/// It tells no clock what it has seen: that the stamps rise has to be the clocks' own doing.
final class StampHunter {
    private var ports: [Int]
    private var index = 0
    private var connection: Descriptor?
    private var lastAnswer = now()
    private(set) var last = 0
    private(set) var answers = 0
    /// Whose answer came last.
    var leader: Int { ports[index] }
    /// The longest time without stamps since this was set to zero.
    var longestGap = Duration.zero

    init(_ ports: [Int]) {
        self.ports = ports
    }

    /// Asks for this time, about every 2 ms.
    func hunt(for time: Duration) throws {
        let end = Deadline(within: time)
        while !end.hasPassed { try ask() }
    }

    /// Asks until there are stamps.
    func huntUntilAnswered(within limit: Duration) throws {
        let deadline = Deadline(within: limit)
        let before = answers
        while answers == before {
            guard !deadline.hasPassed else { throw Failure("no stamps for \(limit)") }
            try ask()
        }
    }

    private func ask() throws {
        do {
            let connection = try self.connection ?? Sockets.connect(port: leader, within: .zero)
            self.connection = connection
            let question = Array((#"{"command":"GET_TIME","count":7}"# + "\n").utf8)
            guard connection.write(question, until: Deadline(within: .milliseconds(250))) == .done,
                case .line(let line) = connection.readLine(until: Deadline(within: .milliseconds(250)))
            else { return continueHunting() }
            let answer = try JSONParser.parse(line)
            if answer["command"] == "CLOCK_RESPONSE" { return try take(answer) }
            continueHunting()
            if let port = answer["port"]?.lenientInteger, let named = ports.firstIndex(of: port) { index = named }
        } catch let failure as Wrong {
            throw Failure(failure.words)
        } catch {
            continueHunting()
        }
    }

    private struct Wrong: Error {
        let words: String
    }

    private func take(_ answer: JSONValue) throws {
        guard let first = answer["first"]?.lenientInteger, answer["count"] == 7 else {
            throw Wrong(words: "no batch of stamps: \(answer.line)")
        }
        guard first > last else { throw Wrong(words: "\(first) from \(leader) after \(last)") }
        last = first + 6
        answers += 1
        longestGap = max(longestGap, now() - lastAnswer)
        lastAnswer = now()
        usleep(2_000)
    }

    private func continueHunting() {
        connection?.close()
        connection = nil
        index = (index + 1) % ports.count
        usleep(20_000)
    }

    func close() { connection?.close() }
}
