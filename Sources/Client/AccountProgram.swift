import Tree
import UV
import Wire

/// What `coppice account` has to do at a running node.
public struct AccountSettings {
    /// What to do with accounts.
    public enum Action {
        case list
        case show(name: String)
        case remove(name: String)
        case reset(name: String, secret: String)
        /// Prints the settings that the node runs with.
        case settings
    }

    public var node: NodeAccess
    public var action: Action
    public var printsJSON = false

    public init(_ node: NodeAccess, action: Action) {
        self.node = node
        self.action = action
    }
}

/// `coppice account` at a running node, from its start to its end: asks, and prints the answers.
public final class AccountProgram: AdministrationProgram {
    private let settings: AccountSettings
    let call: AdministrationCall
    /// The number of the page that was asked for last.
    private var page: Int64 = 0
    var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if the action failed.
    public static func run(_ settings: AccountSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: AccountSettings) {
        self.settings = settings
        call = AdministrationCall(on: loop, settings.node)
    }

    func start() {
        call.start { [unowned self] event in
            switch event {
            case .connected: ask(page: 0)
            case .answer(let answer): answered(answer)
            case .failed(let reason): fail(reason)
            }
        }
    }

    private func ask(page: Int64) {
        self.page = page
        let action: AccountRequest.Action =
            switch settings.action {
            case .list: .list(page: Int(page))
            case .show(let name): .show(username: name)
            case .settings: .settings
            case .remove(let name): .remove(username: name)
            case .reset(let name, let secret): .reset(username: name, secret: Secret(secret))
            }
        call.ask(action)
    }

    // MARK: The answer

    private func answered(_ answer: AdministrationAnswer) {
        switch answer {
        case .accounts(let accounts, let next): list(accounts, next: next)
        case .done(let durable): done(durable: durable)
        case .settings(let text):
            // Lines stay lines, and nothing else of another's text moves the cursor.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Printable.text(String($0)) }
            end(StandardOutput.write(lines.joined(separator: "\n")) ? 0 : 1)
        case .failed(let info): fail(info)
        case .sessions, .acted, .bans, .moving: fail(AdministrationCall.notUnderstood)
        }
    }

    private func list(_ accounts: [ToldAccount], next: Int64?) {
        let text = accounts.flatMap { ListedAccount($0).line(asJSON: settings.printsJSON) }
        // Standard output has no reader any more, or its disk is full. The end of the program says so.
        guard text.isEmpty || StandardOutput.write(text) else { return end(1) }
        guard case .list = settings.action, let next else { return end(0) }
        // A server that names the same page again and again would keep this running for ever.
        guard next > page else { return fail(AdministrationCall.notUnderstood) }
        ask(page: next)
    }

    private func done(durable: Int64) {
        let name: String
        let what: String
        switch settings.action {
        case .remove(let removed): (name, what) = (removed, "removed")
        case .reset(let reset, _): (name, what) = (reset, "reset")
        case .list, .show, .settings: return fail(AdministrationCall.notUnderstood)
        }
        StandardOutput.write(ListedAccount.outcome(name, what, durable: durable, asJSON: settings.printsJSON))
        end(0)
    }
}
