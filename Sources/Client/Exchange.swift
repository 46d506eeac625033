import JSON
import Tree
import UV

/// One question to a server and the first answer to it, on a connection of its own: for what is settled before, or
/// without, a session. Whoever asks waits.
public struct Exchange {
    public enum Outcome: Equatable, Sendable {
        case answer(Answer)
        /// The question was not sent.
        case unreachable(reason: String)
        /// It was sent; what became of it is not known.
        case lost(reason: String)
    }

    /// What came back, as far as anybody minds.
    public struct Answer: Equatable, Sendable {
        public var command: String
        public var info: String
        /// On how many disks it is, where that is said.
        public var durable: Int64
        /// Where to ask instead.
        public var address: Address?

        public init(_ command: String, info: String = "", durable: Int64 = 0, address: Address? = nil) {
            self.command = command
            self.info = info
            self.durable = durable
            self.address = address
        }

        /// - Returns: nil if the line is no message.
        init?(line: [UInt8]) {
            guard let object = try? JSONObject(parsing: line), let command = object.string("command") else {
                return nil
            }
            self.init(command, info: object.string("info") ?? command, durable: object.int("durable") ?? 0)
            if let host = object.string("hostname"), let port = object.int("port").flatMap({ UInt16(exactly: $0) }) {
                address = Address(host: host, port: port)
            }
        }
    }

    /// Asks, and asks where it is sent to.
    ///
    /// - Returns: the last outcome, and who it is of.
    public static func ask(
        _ question: [UInt8], at address: Address, limits: ClientLimits = ClientLimits()
    ) -> (outcome: Outcome, address: Address, wasRedirected: Bool) {
        var address = address
        for count in 0... {
            let outcome = once(question, at: address, limits)
            guard case .answer(let answer) = outcome, answer.command == "REDIRECT", count < ClientLimits.redirects,
                let next = answer.address
            else { return (outcome, address, count > 0) }
            address = next
        }
        preconditionFailure("counting has no end")
    }

    private static func once(_ question: [UInt8], at address: Address, _ limits: ClientLimits) -> Outcome {
        let loop: Loop
        do { loop = try Loop() } catch { return .unreachable(reason: "no event loop: \(error)") }
        var outcome: Outcome?
        var isSent = false
        var connection: LineConnection?
        var timer: Timer?
        func settle(_ result: Outcome) {
            outcome = result
            timer?.close()
            timer = nil
            connection?.close()
            connection = nil
        }
        func fail(_ reason: String) { settle(isSent ? .lost(reason: reason) : .unreachable(reason: reason)) }
        timer = Timer(on: loop) { fail("no answer came") }
        timer?.start(after: limits.answerTimeout)
        connection = LineConnection(
            on: loop, to: address, connectTimeout: limits.connectTimeout, limitBytes: ClientLimits.receivedLineBytes
        ) { event in
            switch event {
            case .connected:
                isSent = true
                connection?.send(question)
            case .line(let line):
                guard let answer = Answer(line: line) else { return fail("it doesn't speak the protocol") }
                settle(.answer(answer))
            case .ended(let reason): fail(reason)
            }
        }
        loop.run()
        loop.close()
        return outcome ?? .lost(reason: "no answer came")
    }
}
