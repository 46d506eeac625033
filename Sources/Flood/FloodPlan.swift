import TLS
import Tree
import WebSocket

/// The kinds of servers that can be flooded.
public enum FloodProtocol: String, CaseIterable, Sendable {
    case coppice, nats, mqtt, redis

    func dialect(payloadBytes: Int, run: UInt32) -> any Dialect {
        switch self {
        case .coppice: CoppiceDialect()
        case .nats: NATSDialect(byteCount: payloadBytes)
        case .mqtt: MQTTDialect(byteCount: payloadBytes, run: run)
        case .redis: RedisDialect(byteCount: payloadBytes)
        }
    }

    /// Where such a server has its WebSocket; nil if it has none.
    var socket: FloodSocket.Kind? {
        switch self {
        case .coppice: FloodSocket.Kind(path: "/ws", subprotocol: OpeningHandshake.subprotocol, opcode: .text)
        case .nats: FloodSocket.Kind(path: "/", subprotocol: nil, opcode: .binary)
        case .mqtt: FloodSocket.Kind(path: "/mqtt", subprotocol: "mqtt", opcode: .binary)
        case .redis: nil
        }
    }
}

/// What a run has to do. The leading program and each of its workers have the same plan.
public struct FloodPlan: Sendable {
    /// How messages are paced.
    public enum Load: Equatable, Sendable {
        /// Open loop: this many messages a second from all senders together, whatever the server does. Latency counts
        /// from the moment at which a message should have been sent.
        case rate(perSecond: Double)
        /// Closed loop: at most this many messages are under way, of all senders together. A message is under way until
        /// all clients have it.
        case window(messages: Int)
    }

    public var nodes: [Address] = [Address(host: "localhost", port: 3780)]
    /// Where senders connect to; empty if they connect where all others do.
    public var senderNodes: [Address] = []
    public var kind = FloodProtocol.coppice
    /// Whom clients believe that connect with TLS; nil for connections in clear.
    public var trust: TLSContext.Trust?
    /// Whether clients speak through a WebSocket.
    public var usesWebSocket = false
    public var clients = 1000
    /// Connections begun in a second, by all workers together; nil for as many as possible.
    public var ramp: Double?
    public var senders = 1
    public var load = Load.window(messages: 64)
    public var payloadBytes = 128
    public var duration: Duration = .seconds(10)
    /// Whether clients register names.
    public var registers = false
    /// Reconnections in a second, of all workers together.
    public var churn = 0.0
    /// Whether clients that don't send go on at another server, where they left off, when theirs closes them.
    public var resumes = false
    /// Where they go on; empty for any of `nodes`.
    public var resumeNodes: [Address] = []
    /// The share of clients that stop reading, in percent.
    public var slowPercent = 0.0
    /// How long these clients don't read.
    public var slowTime: Duration = .seconds(30)
    /// How long the end of the run waits for further deliveries while none comes.
    public var patience: Duration = .seconds(5)
    public var seed: UInt64 = 1
    public var limits = FloodLimits()

    public init() {}

    /// A number in each message that tells this run's messages from those of others.
    var run: UInt32 {
        var random = RandomNumbers(seed: seed)
        return UInt32(truncatingIfNeeded: random.next())
    }

    var payloads: Payloads { Payloads(run: run, byteCount: payloadBytes) }
    var dialect: any Dialect { kind.dialect(payloadBytes: payloadBytes, run: run) }

    /// What clients ask for to speak through a WebSocket; nil if they don't.
    var socket: FloodSocket.Kind? { usesWebSocket ? kind.socket : nil }

    /// How many worker processes there are.
    public var workers: Int {
        max(1, (clients + limits.clientsPerWorker - 1) / limits.clientsPerWorker)
    }

    /// The clients of one worker. All senders are in the first one, which so knows which messages are under way.
    func members(ofWorker worker: Int) -> Range<Int> {
        let first = clients * worker / workers
        return first..<clients * (worker + 1) / workers
    }

    /// Why the plan can't be carried out, with the flag to change; nil if it can.
    public var complaint: String? {
        if nodes.isEmpty { return "--nodes needs at least one HOST:PORT" }
        if !(1...limits.clients).contains(clients) { return "--clients has to be 1 to \(limits.clients)" }
        if !(1...min(limits.senders, clients)).contains(senders) {
            return "--senders has to be 1 to \(limits.senders), and not more than --clients"
        }
        if senders > members(ofWorker: 0).count {
            return "--senders has to be at most \(members(ofWorker: 0).count) with so many --clients"
        }
        if !(Payloads.leastBytes...limits.payloadBytes).contains(payloadBytes) {
            return "--payload has to be \(Payloads.leastBytes) to \(limits.payloadBytes) bytes"
        }
        switch load {
        case .rate(let rate) where !(rate > 0 && rate <= FloodLimits.rate):
            return "--rate has to be more than 0, and at most 10000000"
        case .window(let window) where !(1...limits.window).contains(window):
            return "--window has to be 1 to \(limits.window)"
        default: break
        }
        if let ramp, !(ramp > 0) { return "--ramp has to be more than 0" }
        if !(churn >= 0 && churn <= FloodLimits.churn) { return "--churn has to be 0 to 100000" }
        if !FloodLimits.slowPercent.contains(slowPercent) { return "--slow has to be 0 to 90" }
        if duration <= .zero || duration > FloodLimits.duration {
            return "--duration has to be more than 0, and at most a day"
        }
        if usesWebSocket, kind.socket == nil { return "--websocket: \(kind.rawValue) has none" }
        if resumes, kind != .coppice { return "--resume is for Coppice only" }
        if resumes, nodes.count < 2, resumeNodes.isEmpty {
            return "--resume needs several servers: name them with --nodes or --resume-nodes"
        }
        if !resumes, !resumeNodes.isEmpty { return "--resume-nodes needs --resume" }
        if registers, kind != .coppice { return "--register is for Coppice only" }
        return nil
    }
}
