import CoppiceClient
import TLS
import Tree
import UV
import Wire

/// Sends one question to a server, and waits for the first answer, on a connection of its own: for questions before a
/// session, or without one. It blocks.
public struct Exchange {
    /// What became of the question.
    public enum Outcome: Equatable, Sendable {
        case answer(ServerMessage)
        /// The question was not sent.
        case unreachable(reason: String, advice: String)
        /// The question was sent, and it is unknown what became of it.
        case lost(reason: String)
    }

    /// Asks a server, and follows its redirects.
    ///
    /// - Parameter tls: nil for a connection in clear.
    /// - Returns: the last outcome, and the server that it comes from.
    public static func ask(
        _ question: [UInt8], at address: Address, tls: TLSContext? = nil, limits: ClientLimits = ClientLimits()
    ) -> (outcome: Outcome, address: Address, wasRedirected: Bool) {
        var address = address
        for count in 0... {
            let outcome = once(question, at: address, tls, limits)
            guard case .answer(.redirect(let next, _)) = outcome, count < ClientLimits.redirects else {
                return (outcome, address, count > 0)
            }
            address = next
        }
        preconditionFailure("counting has no end")
    }

    private static func once(
        _ question: [UInt8], at address: Address, _ tls: TLSContext?, _ limits: ClientLimits
    ) -> Outcome {
        let loop: Loop
        do { loop = try Loop() } catch { return .unreachable(reason: "no event loop: \(error)", advice: "try again") }
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
        func fail(_ failure: ConnectionFailure) {
            settle(
                isSent
                    ? .lost(reason: failure.words) : .unreachable(reason: failure.words, advice: failure.advice()))
        }
        timer = Timer(on: loop) { fail(ConnectionFailure("no answer came")) }
        timer?.start(after: limits.session.answerTimeout)
        connection = LineConnection(
            on: loop, to: address, connectTimeout: limits.session.connectTimeout,
            limitBytes: LineConnection.usualLineBytes, tls: tls
        ) { event in
            switch event {
            case .connected:
                isSent = true
                connection?.send(question)
            case .line(let line):
                let answer = ServerMessage(line: line)
                if answer == .noMessage { return fail(ConnectionFailure(answer.words)) }
                settle(.answer(answer))
            case .ended(let failure): fail(failure)
            }
        }
        loop.run()
        loop.close()
        return outcome ?? .lost(reason: "no answer came")
    }
}
