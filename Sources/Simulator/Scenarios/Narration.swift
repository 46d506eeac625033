import Tree

/// Tells in words what happens in a world: one line for each thing that a reader of a scenario wants to see.
///
/// It only listens: with and without it a schedule is the same history.
final class Narration {
    /// The subjects of a trace. A scenario names its subjects, so that its trace stays short.
    enum Subject: String, CaseIterable {
        /// Requests to attach and their answers, raised terms, trees that meet, nodes that leave.
        case tree
        /// Questions of roots to nodes outside of their tree, and their answers.
        case probes
        /// The label of a node, whenever it has changed.
        case labels
        /// Entries that one node sends to another, and gaps.
        case entries
        /// Acknowledgements of entries.
        case acknowledgements
        /// How far a node has stored and knows its log to be safe.
        case marks
        /// What clients are shown and answered.
        case clients
        /// Registrations and logins that cross links.
        case names
        /// Stamps of the clock server, and watermarks.
        case order
        /// Which connections are not read from.
        case reading
    }

    struct Line: Equatable {
        /// Virtual time in nanoseconds.
        let at: UInt64
        /// Nil for a step of the schedule.
        let who: String?
        let text: String
    }

    private let subjects: Set<Subject>
    /// Nothing is told before.
    private let begin: UInt64
    private let end: UInt64
    private unowned let world: World
    private(set) var lines: [Line] = []
    private var labels: [Label?]
    private var marks: [(stored: UInt64, safe: UInt64)]

    init(world: World, subjects: Set<Subject>, from begin: UInt64, until end: UInt64) {
        self.world = world
        self.subjects = subjects
        self.begin = begin
        self.end = end
        labels = Array(repeating: nil, count: world.hosts.count)
        marks = Array(repeating: (0, 0), count: world.hosts.count)
    }

    private func tell(_ who: String?, _ text: String) {
        guard world.now >= begin, world.now <= end else { return }
        lines.append(Line(at: world.now, who: who, text: text))
    }

    private func tell(_ subject: Subject, _ who: String, _ text: @autoclosure () -> String) {
        if subjects.contains(subject) { tell(who, text()) }
    }

    // MARK: What the world says

    func performed(_ step: String) { tell(nil, step) }

    func turned(_ host: Int, _ node: Node) {
        let label = node.currentLabel
        if labels[host] != label {
            labels[host] = label
            tell(.labels, "h\(host)", "its label is \(text(label))")
        }
        let now = (stored: node.log.stored.value, safe: node.log.safe.value)
        if marks[host] != now {
            marks[host] = now
            tell(.marks, "h\(host)", "has stored \(now.stored), and \(now.safe) of these are safe")
        }
    }

    func ended(_ host: Int) { labels[host] = nil }

    func performs(_ effect: Effect, _ host: Int) {
        let who = "h\(host)"
        switch effect {
        case .report(let notice): tell(who, Trace.words(notice))
        case .stop(let reason): tell(who, "stops: \(reason)")
        case .pause(let connection): tell(.reading, who, "stops reading from \(name(behind: connection))")
        case .resume(let connection): tell(.reading, who, "reads from \(name(behind: connection)) again")
        case .askClock(let count, _): tell(.order, who, "asks the clock for \(count)")
        default: break
        }
    }

    func sends(_ message: Message, _ host: Int, to other: Holder) {
        guard let (subject, words) = words(message, name(of: other)) else { return }
        tell(subject, "h\(host)", words)
    }

    func reads(_ client: Int, _ line: String) { tell(.clients, "c\(client)", "reads \(line)") }

    // MARK: Names

    private func name(of holder: Holder) -> String {
        switch holder {
        case .host(let host, _): "h\(host)"
        case .client(let client): "c\(client)"
        case .liar(let liar): "x\(liar)"
        }
    }

    private func name(behind connection: ConnectionID) -> String {
        guard connection.value < world.network.ends.count else { return "a tool" }
        return name(of: world.network.ends[Int(connection.value) ^ 1].holder)
    }

    private func name(of node: NodeID) -> String {
        world.hosts.first { $0.nodeID == node }.map { "h\($0.index)" } ?? "a former node"
    }

    private func text(_ label: Label) -> String {
        "(\(label.term), \(name(of: label.root)), \(label.depth))"
    }

    private func names(_ contacts: [Contact]) -> String {
        contacts.isEmpty ? "nobody" : contacts.map(\.address.host).joined(separator: ", ")
    }

    private func text(_ entry: Entry) -> String {
        let kind: String
        switch entry.body {
        case .activity(let activity): kind = Saying(activity.text)?.name ?? "something"
        case .account(let change): kind = "an account's change of \(change.record.name)"
        }
        return "\(kind) (\(name(of: entry.origin.node)) \(entry.sequence))"
    }

    // MARK: Messages

    private func words(_ message: Message, _ to: String) -> (Subject, String)? {
        switch message {
        case .authenticate(let request):
            guard case .node(let newcomer) = request.kind else { return nil }
            let below = newcomer.isChildless ? "no children" : "children"
            return (.tree, "asks \(to) to be its parent: label \(text(newcomer.label)), \(below)")
        case .authenticationSuccess(let acceptance):
            return (.tree, "accepts \(to)" + (acceptance.member.map { ": label \(text($0.position.label))" } ?? ""))
        case .authenticationFail(let refusal):
            let others = refusal.others.isEmpty ? "" : ", and names \(names(refusal.others))"
            return (.tree, "refuses \(to): \(refusal.reason?.rawValue ?? refusal.info)" + others)
        case .raise(let term, let by): return (.tree, "asks \(to) for a term above \(term), for \(name(of: by.node))")
        case .met(let claim): return (.tree, "tells \(to) of the root \(claim.root.address.host)")
        case .leaving(let others): return (.tree, "tells \(to) that it leaves, and names \(names(others))")
        case .handOver(let term): return (.tree, "hands its reign over to \(to), above term \(term)")
        case .reachRequest(let question):
            return (.tree, "asks \(to) who reaches one of \(names(question.missing))")
        case .reached(let answer):
            guard let bridge = answer.bridge, let last = bridge.path.last else {
                return (.tree, "tells \(to) that nobody here does")
            }
            return (.tree, "tells \(to) that \(name(of: last)) reaches \(bridge.target.address.host)")
        case .passReign(let passing):
            let target = passing.target.address.host
            return (.tree, "passes its reign to \(to), above term \(passing.term), to reach \(target)")
        case .reignTaken(let position):
            guard let position else { return (.tree, "doesn't take the reign of \(to)") }
            return (.tree, "takes the reign of \(to): label \(text(position.label))")
        case .probe: return (.probes, "asks \(to) who rules there")
        case .probed(let answer):
            return (.probes, "answers \(to): \(answer.claim?.root.address.host ?? "nobody") rules here")
        case .entry(let entry, let hop): return (.entries, "sends \(text(entry)) to \(to), hop \(hop)")
        case .synchronised: return (.entries, "has sent \(to) all that it lacked")
        case .gap(let gap, _):
            return (.entries, "tells \(to) of a gap: \(name(of: gap.origin.node)) \(gap.from) to \(gap.through)")
        case .acknowledge(let counts):
            return (.acknowledgements, "acknowledges to \(to): \(counts.stored) stored, \(counts.safe) safe")
        case .watermark(let stamp): return (.order, "promises \(to) nothing below \(stamp.value & 0xFFFF_FFFF)")
        case .lockRequest(let question): return (.names, "asks \(to) whether \(question.username) is free")
        case .lockAllowed(let answer): return (.names, "answers \(to): \(answer.username) is free")
        case .lockDenied(let answer): return (.names, "answers \(to): \(answer.username) is taken")
        case .loginRequest(let question): return (.names, "asks \(to) for the account \(question.username)")
        case .loginAllowed(let answer): return (.names, "answers \(to): \(answer.username) may log in")
        case .loginDenied(let answer):
            return (.names, "answers \(to): \(answer.isUnknown ? "cannot say" : "no") for \(answer.username)")
        case .loginSuccess: return (.clients, "lets \(to) in")
        case .loginFailed(let info): return (.clients, "does not let \(to) in: \(info)")
        case .registerSuccess: return (.clients, "registers \(to)")
        case .registerFailed(let info): return (.clients, "does not register \(to): \(info)")
        case .redirect(let address, _): return (.clients, "sends \(to) to \(address.host)")
        case .invalidMessage(let info), .unavailable(let info, _): return (.clients, "refuses \(to): \(info)")
        default: return nil
        }
    }
}
