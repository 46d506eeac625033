import JSON
import Tree
import UV
import Wire

/// What `coppice drain` and `coppice rebalance` have to do.
public struct DrainSettings {
    public var node: NodeAccess
    public var action: MovingAction
    /// Whether to wait until no client is left on a node that is drained.
    public var waits = false
    public var printsJSON = false

    public init(_ node: NodeAccess, action: MovingAction) {
        self.node = node
        self.action = action
    }
}

/// `coppice drain` and `coppice rebalance`: ask a node, and print what it answers.
public final class DrainProgram: AdministrationProgram {
    private let loop: Loop
    private let settings: DrainSettings
    let call: AdministrationCall
    private var pause: Timer?
    var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if the action failed.
    public static func run(_ settings: DrainSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: DrainSettings) {
        self.loop = loop
        self.settings = settings
        call = AdministrationCall(on: loop, settings.node)
    }

    func start() {
        call.start { [unowned self] event in
            switch event {
            case .connected: call.ask(.moving(settings.action))
            case .answer(.moving(let isDraining, let clients)): told(isDraining, clients)
            case .answer(.acted(let told)): balancing(told)
            case .answer(.failed(let info)): fail(info)
            case .answer: fail(AdministrationCall.notUnderstood)
            case .failed(let reason): fail(reason)
            }
        }
    }

    private func told(_ isDraining: Bool, _ clients: Int64) {
        let line: String
        if settings.printsJSON {
            let members: JSONMembers = ["draining": .bool(isDraining), "clients": .integer(clients)]
            line = String(decoding: JSONValue.object(members).encoded, as: UTF8.self)
        } else {
            let count = "\(clients) \(clients == 1 ? "client" : "clients")"
            line = isDraining ? "draining: \(count) left" : "takes clients again: \(count) there"
        }
        guard StandardOutput.write(line + "\n") else { return end(1) }
        guard settings.waits, clients > 0 else { return end(0) }
        guard isDraining else { return fail("somebody else has stopped the draining") }
        pause = Timer(on: loop) { [unowned self] in call.ask(.moving(.look)) }
        pause?.start(after: ClientLimits.drainLook)
    }

    private func balancing(_ told: SessionsTold) {
        if !told.isComplete { StandardError.write(SessionProgram.silenceWarning) }
        let text: String
        if settings.printsJSON {
            let members: JSONMembers = [
                "moving": .integer(told.total), "nodes": .integer(told.nodes), "complete": .bool(told.isComplete),
            ]
            text = String(decoding: JSONValue.object(members).encoded, as: UTF8.self)
        } else {
            text = "moving \(told.total) \(told.total == 1 ? "client" : "clients") between \(told.nodes) nodes"
        }
        end(StandardOutput.write(text + "\n") ? 0 : 1)
    }

    func end(_ status: Int32) {
        self.status = status
        call.end()
        pause?.close()
        pause = nil
    }
}
