import Session
import Tree

// Commands that a person at a terminal gives this client. They aren't sent to others.

extension TerminalSession {
    static let greeting = "/help lists what you can type; /quit or Control-D leaves"

    private static let help = [
        "what you type is said to all, except for:",
        "  /who       whom this client has heard, and when",
        "  /me        who you are, and where; /me waves says \"* waves\"",
        "  /quit      leave, once what you said has come back (also Control-D; Control-C leaves at once)",
        "  //text     say \"/text\"",
        "dim lines are on their way: they turn into ordinary ones when they have come back",
    ]

    mutating func perform(_ command: TypedCommand, _ now: Instant, _ effects: inout [Effect]) {
        switch command {
        case .help: answer(Self.help, &effects)
        case .quit: inputEnded(now)
        case .who: answer(who(now), &effects)
        case .me: answer([me], &effects)
        case .act(let what): say(Array("* \(what)".utf8), now, &effects)
        case .unknown(let word):
            let line = "there is no \(word), so nothing was said: /help lists what there is, and /\(word) says it"
            answer([line], &effects)
        }
    }

    private func answer(_ lines: [String], _ effects: inout [Effect]) {
        for line in lines { effects.append(.tell(.answer(line))) }
    }

    /// This session as others see it.
    private var ownself: Person { Person(name: session.name, session: session.shownSession ?? identity.session) }

    private var me: String {
        let place =
            switch session.state {
            case .loggedIn(let address): "connected to \(address)"
            default: "without a server at the moment"
            }
        let count = countUnderWay
        let here = "you are \(ownself.label), \(place)"
        if count == 0 { return here }
        return "\(here); \(Notice.messages(count)) of yours \(count == 1 ? "has" : "have") not come back yet"
    }

    private func who(_ now: Instant) -> [String] {
        let list = people.byLastHeard
        guard !list.isEmpty else { return ["nobody has said anything since you came"] }
        var lines = ["heard since you came:"]
        for (person, lastHeard) in list.prefix(limits.listedPeople) {
            lines.append("  \(person.label)\(person == ownself ? " (you)" : ""), \(Self.ago(now - lastHeard))")
        }
        if list.count > limits.listedPeople { lines.append("  and \(list.count - limits.listedPeople) more") }
        return lines
    }

    private static func ago(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return switch seconds {
        case ..<10: "just now"
        case ..<120: "\(seconds) seconds ago"
        case ..<7200: "\(seconds / 60) minutes ago"
        default: "\(seconds / 3600) hours ago"
        }
    }
}
