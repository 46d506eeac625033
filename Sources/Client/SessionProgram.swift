import JSON
import Tree
import UV
import Wire

/// What `coppice session` has to do at a running node.
public struct SessionSettings {
    public var node: NodeAccess
    public var action: SessionAction
    public var printsJSON = false
    /// For `list` and `show`: whether the command fails when there is no session.
    public var wantsSome = false

    public init(_ node: NodeAccess, action: SessionAction) {
        self.node = node
        self.action = action
    }
}

/// `coppice session` from its start to its end: asks a node, page by page, and prints the answers.
public final class SessionProgram: AdministrationProgram {
    private let settings: SessionSettings
    let call: AdministrationCall
    private var listed = 0
    /// The number of the page of bans that was asked for last.
    private var page: Int64 = 0
    var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if the action failed.
    public static func run(_ settings: SessionSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: SessionSettings) {
        self.settings = settings
        call = AdministrationCall(on: loop, settings.node)
    }

    func start() {
        call.start { [unowned self] event in
            switch event {
            case .connected: call.ask(.sessions(settings.action))
            case .answer(let answer): answered(answer)
            case .failed(let reason): fail(reason)
            }
        }
    }

    private func answered(_ answer: AdministrationAnswer) {
        switch (answer, settings.action) {
        case (.sessions(let sessions, let told, let next), .list(let asked)):
            list(sessions, told, next: next, asked)
        case (.bans(let bans, let next), .bans): list(bans, next: next)
        case (.acted(let told), .end), (.acted(let told), .ban), (.acted(let told), .unban): acted(told)
        case (.failed(let info), _): fail(info)
        default: fail(AdministrationCall.notUnderstood)
        }
    }

    private func list(_ sessions: [ToldSession], _ told: SessionsTold, next: String?, _ asked: SessionsPage) {
        listed += sessions.count
        let text = sessions.flatMap { ListedSession.line($0, asJSON: settings.printsJSON) }
        // Standard output has no reader any more, or its disk is full. The end of the program says so.
        guard text.isEmpty || StandardOutput.write(text) else { return end(1) }
        if let next, !sessions.isEmpty {
            guard let position = SessionPosition(next), asked.after.map({ $0 < position }) ?? true else {
                return fail(AdministrationCall.notUnderstood)
            }
            var further = asked
            further.after = position
            return call.ask(.sessions(.list(further)))
        }
        if !told.isComplete { warnOfSilence() }
        if listed == 0, settings.wantsSome { return fail("there is no such session") }
        end(told.isComplete ? 0 : 1)
    }

    private func list(_ bans: [ToldBan], next: Int64?) {
        let text = bans.flatMap { ListedSession.line($0, asJSON: settings.printsJSON) }
        guard text.isEmpty || StandardOutput.write(text) else { return end(1) }
        guard let next else { return end(0) }
        // A server that names the same page again and again would keep this running for ever.
        guard next > page else { return fail(AdministrationCall.notUnderstood) }
        page = next
        call.ask(.sessions(.bans(page: Int(next))))
    }

    private func acted(_ told: SessionsTold) {
        if !told.isComplete { warnOfSilence() }
        StandardOutput.write(ListedSession.outcome(of: settings.action, told, asJSON: settings.printsJSON))
        end(0)
    }

    static let silenceWarning =
        "Warning: not all nodes have answered: some are out of reach, or of an earlier release\n"

    private func warnOfSilence() { StandardError.write(Self.silenceWarning) }
}
