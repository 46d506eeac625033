import Testing
import Tree
import Wire

@testable import Client

/// A dialogue of a person at a terminal with a server.
private final class Talk {
    /// What the person types, the first answer first.
    var typed: [String?]
    /// How the server answers, the first answer first.
    var answers: [Exchange.Outcome]
    private(set) var questions: [String] = []
    private(set) var told: [String] = []
    private(set) var sent: [String] = []

    init(typed: [String?], answers: [Exchange.Outcome]) {
        self.typed = typed
        self.answers = answers
    }

    func run() -> SignIn.Outcome {
        SignIn(
            "anna",
            ask: { [self] question in
                questions.append(question)
                return typed.isEmpty ? nil : typed.removeFirst()
            }, tell: { [self] in told.append($0) }, makeSecret: { "made" },
            exchange: { [self] line in
                let object = String(decoding: line, as: UTF8.self)
                sent.append(object.contains(#""REGISTER""#) ? "REGISTER" : "LOGIN")
                return answers.isEmpty ? .unreachable(reason: "nobody is there", advice: "look") : answers.removeFirst()
            }
        ).run()
    }
}

@Suite("Choosing a name at a terminal") struct SignInTests {
    private static let first = "Secret of anna (Enter: a new name, with a secret made for it): "
    private static let again = "Again, to register anna with it (Enter: another secret): "
    private static let unknown = "this is not the secret of anna, or nobody has registered anna yet"

    private static let letIn = Exchange.Outcome.answer(.loginSuccess(.init()))
    private static let wrong = Exchange.Outcome.answer(
        .loginFailed(info: "attempt to login with wrong secret"))
    private static let registered = Exchange.Outcome.answer(.registerSuccess(info: ""))
    private static let taken = Exchange.Outcome.answer(
        .registerFailed(info: "anna is already registered with the system"))

    @Test("a secret that is right is asked for once")
    func right() {
        let talk = Talk(typed: ["s"], answers: [Self.letIn])
        #expect(talk.run() == .secret("s"))
        #expect(talk.questions == [Self.first])
        #expect(talk.told == [])
    }

    @Test("a refused secret registers the name when it is typed again")
    func new() {
        let talk = Talk(typed: ["s", "s"], answers: [Self.wrong, Self.registered])
        #expect(talk.run() == .secret("s"))
        #expect(talk.questions == [Self.first, Self.again])
        #expect(talk.told == [Self.unknown, "registered as anna"])
        #expect(talk.sent == ["LOGIN", "REGISTER"])
    }

    @Test("a name is registered only if its secret was typed twice alike")
    func mistyped() {
        let talk = Talk(typed: ["s", "t", "s", "", "u"], answers: [Self.wrong, Self.wrong, Self.letIn])
        #expect(talk.run() == .secret("u"))
        #expect(talk.questions == [Self.first, Self.again, Self.first, Self.again, Self.first])
        #expect(!talk.sent.contains("REGISTER"))
    }

    @Test("a name that is taken leads back to the first question")
    func takenNames() {
        let typed = Talk(typed: ["s", "s", "t"], answers: [Self.wrong, Self.taken, Self.letIn])
        #expect(typed.run() == .secret("t"))
        #expect(typed.told.last == "anna is registered already, with another secret")
        let made = Talk(typed: ["", "t"], answers: [Self.taken, Self.letIn])
        #expect(made.run() == .secret("t"))
        #expect(made.told == ["anna is registered already: type its secret"])
    }

    @Test("an empty answer makes a secret, which is shown once")
    func made() {
        let talk = Talk(typed: [""], answers: [Self.registered])
        #expect(talk.run() == .secret("made"))
        #expect(talk.told == ["registered as anna with secret made"])
    }

    @Test("a pause that the server asks for is shown, and the name isn't taken for a new one")
    func pauses() {
        let info = "too many failed logins as anna: try again in 4 s"
        let talk = Talk(typed: ["s", "s"], answers: [.answer(.loginFailed(info: info)), Self.letIn])
        #expect(talk.run() == .secret("s"))
        #expect(talk.questions == [Self.first, Self.first])
        #expect(talk.told == ["the login was refused: \(info)"])
    }

    @Test("if no server answers, the client tries with the secret, for longer, and says why")
    func unreachable() {
        #expect(Talk(typed: ["s"], answers: []).run() == .secret("s"))
        #expect(Talk(typed: [""], answers: []).run() == .toRegister(secret: "made", isMade: true))
        let flawed = Exchange.Outcome.answer(.invalidMessage(info: "the username begins with a blank"))
        #expect(Talk(typed: [""], answers: [flawed]).run() == .toRegister(secret: "made", isMade: true))
        #expect(
            Talk(typed: ["s", "s"], answers: [Self.wrong, flawed]).run() == .toRegister(secret: "s", isMade: false))
    }

    @Test("after a lost answer to a registration, a login shows whether it succeeded, and its secret is shown")
    func lostAnswers() {
        let lost = Exchange.Outcome.lost(reason: "the connection was closed")
        let through = Talk(typed: [""], answers: [lost, Self.letIn])
        #expect(through.run() == .secret("made"))
        #expect(through.told == ["registered as anna with secret made"])
        let again = Talk(typed: [""], answers: [lost, Self.wrong, Self.registered])
        #expect(again.run() == .secret("made"))
        #expect(again.sent == ["REGISTER", "LOGIN", "REGISTER"])
        let never = Talk(typed: ["", nil], answers: [lost, lost, lost, lost, lost, lost])
        #expect(never.run() == .ended)
        #expect(
            never.told == [
                "no answer came: whether anna was registered is not known; the secret made for it is made"
            ])
        let late = "anna is on 1 disks so far, which is too few: it may still succeed, try to log in later"
        let slow = Talk(typed: ["", nil], answers: [.answer(.registerFailed(info: late))])
        #expect(slow.run() == .ended)
        #expect(slow.told == ["not registered: \(late); the secret made for it is made"])
    }

    @Test("the end of the input ends the dialogue, at each question")
    func ended() {
        #expect(Talk(typed: [nil], answers: []).run() == .ended)
        #expect(Talk(typed: ["s", nil], answers: [Self.wrong]).run() == .ended)
    }
}

@Suite("The outcome of a change of a secret") struct SecretChangeTests {
    private static let address = Address(host: "h", port: 1)

    @Test("each failure says what is known and what to do")
    func failures() {
        func text(_ outcome: Exchange.Outcome, redirected: Bool = false) -> String {
            SecretChangeProgram.failure(outcome, at: Self.address, redirected)
        }
        let wrong = Exchange.Outcome.answer(.changeFailed(info: "the present secret is wrong"))
        #expect(text(wrong) == "the secret was not changed: the present secret is wrong")
        #expect(text(wrong, redirected: true).contains("another server, which left meanwhile"))
        #expect(text(.unreachable(reason: "refused", advice: "look")).hasSuffix("refused; look. Nothing was changed"))
        #expect(text(.lost(reason: "closed")).contains("is not known"))
        #expect(text(.answer(.invalidMessage(info: "unknown command"))).contains("h:1 can't change a secret"))
    }

    @Test("answers to a change are read, and other lines are no message")
    func answers() {
        func answer(_ line: String) -> ServerMessage { ServerMessage(line: Array(line.utf8)) }
        #expect(
            answer(#"{"command":"SECRET_CHANGED","info":"yes","durable":2}"#)
                == .secretChanged(info: "yes", durable: 2))
        let redirect = answer(#"{"command":"REDIRECT","hostname":"h","port":1}"#)
        #expect(redirect == .redirect(Self.address))
        #expect(redirect.words == "REDIRECT")
        for line in ["x", "[]", "{}"] { #expect(answer(line) == .noMessage) }
    }
}
