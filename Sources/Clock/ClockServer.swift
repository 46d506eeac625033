import DequeModule
import LogLines
import Logging
import TLS
import Tree
import UV
import Wire

/// How the clock is run.
public struct ClockSettings: Sendable {
    /// Where the bound of the stamps is kept.
    public enum Keeping: Sendable {
        /// In this directory. `nil` stands for `./coppice-data/PORT`, with the port that the clock really listens on.
        case directory(String?)
        /// In etcd, together with other clocks of which one leads.
        case etcd(EtcdSettings)
    }

    /// A numeric address, or `localhost`.
    public var bind = "127.0.0.1"
    /// 0 takes a free port.
    public var port: UInt16 = 3779
    public var keeping = Keeping.directory(nil)
    /// The keys of which an asker has to prove one: those of the network's secret, or of two while it is changed. Empty
    /// for a clock in clear, which anybody may ask.
    public var keys: [LinkKey] = []
    public var limits = ClockLimits()
    /// Reads the keys again, on a thread of its own; nil if they are in no file.
    public var rereadKeys: (@Sendable () throws -> [LinkKey])?
    /// Begin anew, under another epoch, if the bound on the disk is damaged: stamps may then be repeated.
    public var acceptsNewEpoch = false

    public init() {}
}

/// The clock's shell: sockets around a `StampAuthority`. It makes no decision about stamps.
public final class ClockServer {
    /// Its metadata names this clock in every line.
    let log: Logger
    private let limits: ClockLimits
    private let listener: Listener
    private let authority: any StampAuthority
    private var connections: [ConnectionID: ClockConnection] = [:]
    private var lastConnection: UInt64 = 0
    private let patienceTimer: Timer
    private var hasStopped = false
    /// Nil for a clock in clear.
    private let tls: TLSContext?
    /// Those whose first bytes are TLS, and who wait for their handshakes.
    private var handshakes: Deque<ConnectionID> = []
    private let handshakeTimer: Timer
    private let maximum: Int
    /// How many connections each address has.
    private var perAddress: [String: Int] = [:]

    /// The address that the clock listens on.
    public let address: SocketAddress

    /// Listens, and takes the directory or the etcd that keeps the bound. The clock serves as soon as the loop runs.
    ///
    /// - Throws: why it cannot start: a bad address, a port in use, a data directory in use, a damaged bound.
    public init(on loop: Loop, _ settings: ClockSettings, log: Logger) throws(ClockFailure) {
        limits = settings.limits
        do throws(TLSError) {
            tls = settings.keys.isEmpty ? nil : try TLSContext(accepting: nil, linkKeys: settings.keys)
        } catch {
            throw .tls(error)
        }
        let wanted =
            settings.bind == "localhost"
            ? SocketAddress.loopbacks(port: settings.port)
            : SocketAddress(numeric: settings.bind, port: settings.port).map { [$0] } ?? []
        guard !wanted.isEmpty else { throw .badAddress(settings.bind) }
        // 48 descriptors are kept for other things than connections: the loop, the listener, the lock, the standard
        // streams, a file, and a few connections to etcd.
        maximum = min(limits.connections, max(8, Descriptors.raiseLimit().soft - 48))

        // The listener and the timer are made before `self` may be used, so their closures hold a reference that is set
        // later.
        let reference = ServerReference()
        do {
            listener = try Listener.bind(on: loop, toOneOf: wanted) { reference.server?.accepted($0) ?? $0.close() }
        } catch {
            throw .cannotListen("\(wanted[0])", error)
        }
        listener.setNoDelay()
        listener.setLiveness(limits.liveness)
        address = listener.address ?? wanted[0]
        var log = log
        if log[metadataKey: "name"] == nil { log[metadataKey: "name"] = "clock \(address.port)" }
        self.log = log
        do throws(ClockFailure) {
            authority = try Self.authority(settings, at: address, on: loop, log)
        } catch {
            listener.close()
            throw error
        }
        patienceTimer = Timer(on: loop) { reference.server?.checkPatience() }
        handshakeTimer = Timer(on: loop) { reference.server?.beginHandshakes() }
        reference.server = self
        listener.failed = { [log] in log[.acceptFailed].warning("a connection could not be accepted: \($0)") }
        patienceTimer.start(after: ClockLimits.tick, repeating: ClockLimits.tick)
        authority.begin(for: self)
    }

    private final class ServerReference {
        weak var server: ClockServer?
    }

    private static func authority(
        _ settings: ClockSettings, at address: SocketAddress, on loop: Loop, _ log: Logger
    ) throws(ClockFailure) -> any StampAuthority {
        switch settings.keeping {
        case .directory(let directory):
            try FileClock(
                in: directory ?? "./coppice-data/\(address.port)", acceptsLoss: settings.acceptsNewEpoch, on: loop,
                limits: settings.limits, log: log)
        case .etcd(let etcd):
            SharedClock(etcd, at: address, on: loop, limits: settings.limits, log: log)
        }
    }

    /// Closes everything. The loop's `run()` returns once the disk, or etcd, is done. Idempotent.
    public func stop() {
        guard !hasStopped else { return }
        hasStopped = true
        listener.close()
        patienceTimer.close()
        handshakeTimer.close()
        for connection in inOrder { connection.finish(within: limits.endGoodbye) }
        authority.end {}
    }

    /// Gives back the lock of the directory, or what belongs to etcd. To be called when the loop has ended.
    public func release() {
        authority.release()
    }

    // MARK: Connections

    private func accepted(_ stream: Stream) {
        guard connections.count < maximum else {
            let who = stream.peer.map { "\($0)" } ?? "a connection"
            log[.askersFull].warning(
                "refused \(who): there are \(connections.count) connections, as many as --max-connections allows",
                metadata: ["fault": "too many connections"])
            let info = "the clock has as many connections as it can have, try again later"
            stream.write(ClockAnswer.refusal(info: info).line)
            return stream.finish(within: limits.goodbye)
        }
        let host = stream.peer?.host ?? ""
        let most = min(limits.connectionsPerAddress, max(1, maximum / 2))
        guard perAddress[host, default: 0] < most else {
            log[.askersOfAddressFull].warning(
                "refused a connection of \(host): it has \(most), see --max-connections-per-address",
                metadata: ["fault": "too many connections of \(host)"])
            let info = "this address has \(most) connections, as many as --max-connections-per-address allows"
            stream.write(ClockAnswer.refusal(info: info).line)
            return stream.finish(within: limits.goodbye)
        }
        perAddress[host, default: 0] += 1
        lastConnection += 1
        let id = ConnectionID(lastConnection)
        connections[id] = ClockConnection(id, stream, host: host, server: self, limits: limits)
    }

    // MARK: Askers that prove themselves

    /// Whether stamps are only for those who prove that they know the network's secret.
    var encrypts: Bool { tls != nil }

    /// How often the secrets were to be read again.
    var secretReadings = 0

    /// The network's secret has changed: new connections have to prove one of these.
    public func accept(_ keys: [LinkKey]) { tls?.linkKeys = keys }

    func enqueueHandshake(_ connection: ConnectionID) {
        handshakes.append(connection)
        if !handshakeTimer.isRunning { handshakeTimer.start(after: .zero) }
    }

    /// Begins handshakes for a slice of time, so that a crowd of strangers doesn't keep nodes waiting.
    private func beginHandshakes() {
        guard let tls else { return }
        let end = Loop.monotonicNanoseconds + limits.handshakeNanoseconds
        while let id = handshakes.popFirst() {
            guard let connection = connections[id] else { continue }
            if let filter = try? TLSFilter(tls) { connection.beginTLS(filter) } else { connection.finish() }
            if Loop.monotonicNanoseconds > end { break }
        }
        if !handshakes.isEmpty { handshakeTimer.start(after: .zero) }
    }

    func handshakeFailed(_ connection: ClockConnection, _ reason: String, hasNamedKey: Bool) {
        let why = hasNamedKey ? "it knows another secret; check --secret-file here and there" : reason
        log[.askerUnproved].warning(
            "\(connection.host) gets no stamps: \(why)", metadata: ["fault": "no proof from \(connection.host)"])
    }

    func asked(_ connection: ClockConnection, count: Int, seen: Stamp?) {
        authority.asked(connection.id, count: count, seen: seen, host: connection.host)
    }

    func left(_ connection: ClockConnection) {
        connections[connection.id] = nil
        let others = perAddress[connection.host, default: 1] - 1
        perAddress[connection.host] = others > 0 ? others : nil
        authority.left(connection.id)
    }

    private func checkPatience() {
        let now = Loop.monotonicNanoseconds
        for connection in inOrder { connection.checkPatience(at: now) }
    }

    private var inOrder: [ClockConnection] {
        connections.values.sorted { $0.id < $1.id }
    }
}

extension ClockServer: StampDesk {
    func answer(_ asker: ConnectionID, _ batch: StampBatch, epoch: UInt64) {
        guard let connection = connections[asker] else { return }
        connection.answer(
            ClockStamps(
                first: batch.first, count: batch.count, epoch: epoch, wallMilliseconds: Loop.wallMilliseconds))
        connection.advance()
    }

    func refuse(_ asker: ConnectionID, _ refusal: StampSource.Refusal) {
        if let fault = refusal.fault, let connection = connections[asker] {
            // An asker repeats its question, perhaps on a new connection, while its clock runs on. The key of the fault
            // makes the log treat all of these as one fault of that machine.
            log[.askerRefused].warning(
                "\(connection.peer) was refused: \(refusal.words(limits))",
                metadata: ["fault": "\(fault): \(connection.host)"])
        }
        connections[asker]?.finish(.refusal(info: refusal.words(limits)))
    }

    func sendAway(_ asker: ConnectionID, leader: Address?) {
        connections[asker]?.finish(.standby(leader: leader))
    }

    func sendEverybodyAway() {
        for connection in inOrder { connection.finish(.standby(leader: nil)) }
    }
}
