/// What a client hears, and what it makes of it.
extension RoamingClient {
    /// Asks to be let in, with what it has seen.
    func enter(_ crowd: Crowd) {
        if settings.hasAccount, !isRegistered {
            return write(["command": "REGISTER", "username": .string(name), "secret": "secret"], crowd)
        }
        var login: [String: JSONValue] = [
            "command": "LOGIN", "username": .string(username), "features": ["gap"],
        ]
        if settings.hasAccount { login["secret"] = "secret" }
        if history.start != nil { login["since"] = .object(vector.mapValues { .integer($0) }) }
        if let session { login["session"] = .string(session) }
        write(.object(login), crowd)
    }

    private func write(_ message: JSONValue, _ crowd: Crowd) {
        let line = message.line + "\n"
        if connection!.write(line.utf8, until: Deadline(within: .milliseconds(50))) != .done { leave(crowd) }
    }

    func receive(_ command: String, _ message: JSONValue, _ moment: Instant, _ crowd: Crowd) {
        switch command {
        case "ACTIVITY_BROADCAST": hear(message, moment, crowd)
        case "GAP": hearOfGap(message, crowd)
        case "REGISTER_SUCCESS":
            isRegistered = true
            enter(crowd)
        case "LOGIN_SUCCESS": beLetIn(message, moment, crowd)
        case "REDIRECT":
            let next = crowd.sites.place(of: message)
            leave(crowd, to: next)
        default:
            complaints.append(message.line)
            // A registration whose answer was lost stands all the same.
            if command == "REGISTER_FAILED" { isRegistered = true }
            leave(crowd)
        }
    }

    private func beLetIn(_ message: JSONValue, _ moment: Instant, _ crowd: Crowd) {
        guard case .entering(let place, _) = state else { return }
        if session == nil { session = message["session"]?.text }
        if history.start == nil {
            vector = (message["vector"]?.members ?? [:]).compactMapValues(\.integer)
            history.start = moment
        }
        state = .present(place: place)
        crowd.ledger.resends += outbox.count
        for said in outbox { send(said.line, moment, crowd) }
    }

    private func hearOfGap(_ message: JSONValue, _ crowd: Crowd) {
        guard let origin = message["origin"]?.text, let from = message["from"]?.lenientInteger,
            let through = message["through"]?.lenientInteger, from <= through
        else { return crowd.ledger.complain(.changed, "\(name) got a gap that says nothing: \(message.line)") }
        crowd.ledger.gaps += 1
        vector[origin] = max(vector[origin] ?? 0, through)
        history.wasTold(History.Told(origin: origin, numbers: from...through))
    }

    private func hear(_ message: JSONValue, _ moment: Instant, _ crowd: Crowd) {
        let ledger = crowd.ledger
        guard let activity = message["activity"], let talker = activity["from"]?.text,
            let number = activity["n"]?.integer, let id = message["id"]?.text.flatMap({ Ledger.EntryID($0) }),
            let copies = message["copies"]?.integer, message["cseq"]?.lenientInteger == number,
            activity["text"]?.text == Ledger.text(talker, number),
            ledger.wasHeard(talker, number, id: id, copies: copies)
        else { return ledger.complain(.changed, "\(name) hears what nobody said: \(message.line)") }
        if (vector[id.origin] ?? 0) >= id.sequence {
            ledger.complain(.doubled, "\(name) is sent \(id.origin).\(id.sequence) again: \(talker) \(number)")
        }
        vector[id.origin] = max(vector[id.origin] ?? 0, id.sequence)
        var answered: History.Heard?
        if let earlier = activity["re"], let talker = earlier["from"]?.text, let number = earlier["n"]?.integer {
            answered = History.Heard(talker: talker, number: number)
        }
        if talker == name {
            outbox.removeAll { $0.number == number }
            waitsSince = outbox.isEmpty ? nil : moment
        }
        guard history.hears(talker, number, answering: answered, ledger) else { return }
        crowd.heard(self, talker, number, moment)
    }
}
