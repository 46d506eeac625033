import JSON
import Testing
import Tree
import Wire

@testable import Client
@testable import Session

/// A session with its clock and its effects. A story tells the session events and checks the effects.
final class Story {
    static let home = Address(host: "home", port: 1)
    static let other = Address(host: "other", port: 2)

    var session: TerminalSession
    var now = Instant(nanoseconds: 1_000_000_000)
    private var effects: [TerminalSession.Effect] = []

    init(
        username: String = "anonymous", secret: String = "", registers: Bool = false, madeUp: Bool = false,
        linger: Duration = .zero, takesCommands: Bool = false, limits: ClientLimits = ClientLimits()
    ) {
        // What a session does after a silence is told in the histories of clients/conformance.
        var limits = limits
        limits.session.silence = nil
        let identity = Identity(username: username, secret: secret, session: "mine")
        session = TerminalSession(
            identity, at: Self.home, registers: registers, secretIsMadeUp: madeUp, linger: linger,
            takesCommands: takesCommands, limits: limits, seed: 7)
    }

    // MARK: Events

    func happens(_ event: TerminalSession.Event) {
        session.handle(event, at: now, into: &effects)
    }

    func hears(_ line: String) {
        happens(.received(ServerMessage(line: Array(line.utf8))))
    }

    func types(_ line: String) {
        happens(.typed(Array(line.utf8)))
    }

    /// Starts the session and logs it in, and drops the effects of that.
    func comesIn(vector: String? = #"{"a.1":0}"#) {
        happens(.started)
        happens(.connected)
        letIn(vector: vector)
        _ = orders()
    }

    func letIn(vector: String? = #"{"a.1":0}"#, servers: [Address] = [], rest more: String = "") {
        let list = servers.map { #"{"hostname":"\#($0.host)","port":\#($0.port)}"# }.joined(separator: ",")
        let rest = vector.map { #","vector":\#($0),"servers":[\#(list)],"session":"mine""# } ?? ""
        hears(#"{"command":"LOGIN_SUCCESS","info":"logged in as user x"\#(rest)\#(more)}"#)
    }

    func hearsBroadcast(
        _ text: String, by user: String = "anonymous", id: String? = nil, session: String? = nil, cseq: Int? = nil,
        copies: Int? = nil
    ) {
        var line = #"{"command":"ACTIVITY_BROADCAST","activity":{"object":"\#(text)","authenticated_user":"\#(user)"}"#
        if let id { line += #","id":"\#(id)""# }
        if let session { line += #","session":"\#(session)""# }
        if let cseq { line += #","cseq":\#(cseq)"# }
        if let copies { line += #","copies":\#(copies)"# }
        hears(line + "}")
    }

    /// Lets this much time pass, deadline by deadline.
    func waits(_ duration: Duration) {
        let end = now + duration
        while let deadline = session.nextDeadline, deadline <= end {
            now = max(now, deadline)
            happens(.timePassed)
        }
        now = end
    }

    /// Lets time pass until the session tries to connect.
    func waitsForAttempt() {
        for _ in 0..<100 {
            if case .connecting = session.session.state { return }
            guard let deadline = session.nextDeadline else { return }
            waits(deadline - now)
        }
    }

    // MARK: Effects

    private func text(_ line: [UInt8]) -> String {
        String(decoding: line.dropLast(), as: UTF8.self)
    }

    /// All effects since the last call, as texts.
    func orders() -> [String] {
        defer { effects = [] }
        return effects.map { effect in
            switch effect {
            case .connect(let address): "connect \(address)"
            case .send(let line): "send \(String(decoding: line.dropLast(), as: UTF8.self))"
            case .disconnect: "disconnect"
            case .show(let broadcast, let receipt):
                "show " + text(BroadcastText.line(broadcast, Style(hasColour: false), receipt: receipt))
            case .tell(let notice): "tell \(notice)"
            case .pauseInput: "pause"
            case .resumeInput: "resume"
            case .end(let status): "end \(status)"
            }
        }
    }

    /// The effects whose text begins with a word.
    func orders(_ word: String) -> [String] {
        orders().filter { $0.hasPrefix(word) }
    }
}
