import Logging
import HTTPCodec
import LogLines
import OpenMetrics
import TLS
import Tree
import UV

/// The admin port of a node: metrics, health and the tree, for monitoring and people.
///
/// It is bounded as the clients' port is: few connections, short requests, little time. Whoever comes when there are
/// many takes the place of the one that has been idle for longest.
final class AdminServer {
    private unowned let node: NodeServer
    private let access: AdminAccess
    private let registry: OpenMetricsRegistry
    private let metrics: NodeMetrics
    private var listener: Listener?
    private var connections: [AdminConnection] = []
    private var timer: Timer?
    /// How many answers there were, by status.
    private(set) var answers: [Int: UInt64] = [:]
    /// Who waits for the answer of the tree.
    private var questions = 0

    init(_ node: NodeServer, _ access: AdminAccess, _ registry: OpenMetricsRegistry, _ metrics: NodeMetrics) {
        self.node = node
        self.access = access
        self.registry = registry
        self.metrics = metrics
    }

    func start(_ listener: Listener, on loop: Loop) {
        self.listener = listener
        listener.setNoDelay()
        listener.failed = { [unowned self] error in
            node.logger[.adminAcceptFailed].warning("cannot accept a connection to the admin port: \(error)")
        }
        timer = Timer(on: loop) { [unowned self] in endLate() }
        timer?.start(after: Settings.adminLook, repeating: Settings.adminLook)
    }

    func close() {
        listener?.close()
        timer?.close()
        for connection in connections { connection.close() }
    }

    /// How long a connection that is being ended may take to read its last answer.
    var lingerLimit: Duration { node.lingerLimit }

    var connectionCount: Int { connections.count }

    /// What connections that speak TLS begin with; nil without a certificate.
    var tls: TLSContext? { node.certificates?.context }

    func accept(_ stream: Stream) {
        if connections.count >= Settings.adminConnections {
            // Who is idle loses nothing; among the others the one that has been at it for longest goes.
            let idle = connections.filter(\.isIdle)
            (idle.isEmpty ? connections : idle).min { $0.since < $1.since }?.close()
        }
        connections.append(AdminConnection(stream, self))
        stream.startReading()
    }

    func forget(_ connection: AdminConnection) { connections.removeAll { $0 === connection } }

    func count(_ status: Int) { answers[status, default: 0] += 1 }

    private func endLate() {
        let now = Loop.monotonicNanoseconds
        for connection in connections {
            let patience = connection.isIdle ? Settings.adminIdle : Settings.adminPatience
            if now - connection.since > UInt64(patience.wholeMilliseconds) * 1_000_000 { connection.end() }
        }
    }

    // MARK: Answering

    func answer(_ request: HTTPRequest, _ connection: AdminConnection) {
        let isEncrypted = connection.stream.isFiltered
        if let refusal = access.refusal(of: request, isEncrypted: isEncrypted, isLocal: connection.isLocal) {
            return connection.respond(refusal)
        }
        let page = AdminPage(rawValue: request.path)
        let file = WebFile.treePage[request.path]
        guard page != nil || file != nil else {
            return connection.respond(
                HTTPResponse(status: 404, text: "there are /metrics, /health, /ready and /tree; / is for people\n"))
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            var response = HTTPResponse(status: 405, text: "only GET and HEAD have a use here\n")
            response.fields.append("Allow", "GET, HEAD")
            return connection.respond(response)
        }
        switch page {
        case nil: connection.respond(file!.response)
        case .health: connection.respond(HTTPResponse(status: 200, text: "ok\n"))
        case .ready: connection.respond(readiness)
        case .metrics: connection.respond(scrape(request))
        case .tree: askTree(connection)
        }
    }

    private func scrape(_ request: HTTPRequest) -> HTTPResponse {
        let begun = Loop.monotonicNanoseconds
        node.publish(metrics)
        let text = registry.text(accepted: request.fields.values("Accept"))
        metrics.scrapes.recordNanoseconds(Loop.monotonicNanoseconds - begun)
        return HTTPResponse(status: 200, fields: ["Content-Type": text.contentType], body: text.bytes)
    }

    private var readiness: HTTPResponse {
        let why: String
        switch node.node.readiness {
        case .ready: return HTTPResponse(status: 200, text: "ready\n")
        case .joining: why = "it is joining the tree"
        case .unjoined(let trouble): why = "it is not joined: \(node.notices.quoted(trouble.info))"
        case .orphaned: why = "it has lost its parent and looks for another one"
        case .leaving: why = "it is leaving"
        case .drained: why = "it is being drained of its clients"
        case .full: why = "it has as many clients as it takes"
        }
        return HTTPResponse(status: 503, text: "not ready: \(why)\n")
    }

    private func askTree(_ connection: AdminConnection) {
        guard questions < Settings.adminQuestions else {
            var response = HTTPResponse(status: 503, text: "the tree is being asked already: try again\n")
            response.fields.append("Retry-After", "1")
            return connection.respond(response)
        }
        questions += 1
        node.askTree { [unowned self] json in
            questions -= 1
            guard let json else {
                return connection.respond(HTTPResponse(status: 503, text: "the tree can't be asked now: try again\n"))
            }
            connection.respond(
                HTTPResponse(status: 200, fields: ["Content-Type": "application/json"], body: json))
        }
    }
}
