import Tree
import UV

/// The balancers before this node, and whom their connections come from (docs/protocol.md#behind-a-balancer).
///
/// A connection from one of their addresses begins with a header (`ProxyHeader`). Until it is there, nobody else knows
/// of the connection: the node is told of it together with the address in the header, by which all limits count. From
/// other addresses a header is an error, so that nobody chooses where he comes from.
final class Balancers {
    private let ranges: [AddressRange]
    private let patience: Duration
    /// How many connections may have no header yet: past it the oldest goes.
    private let limit: Int
    private unowned let server: NodeServer
    /// Connections without a header yet. Later ones have greater numbers.
    private var openings: [UInt64: Opening] = [:]
    private var last: UInt64 = 0
    /// Whom the balancers' connections come from.
    private var clients: [ConnectionID: SocketAddress] = [:]
    private var timer: Timer?
    /// Connections that were refused for want of a header.
    private(set) var refused: UInt64 = 0

    init(_ ranges: [AddressRange], limit: Int, for server: NodeServer) {
        self.ranges = ranges
        self.limit = limit
        self.server = server
        patience = server.settings.linePatience
        timer = Timer(on: server.loop) { [unowned self] in endLate() }
        timer!.start(after: Settings.unfinishedLook, repeating: Settings.unfinishedLook)
    }

    func contains(_ address: SocketAddress?) -> Bool {
        address.map { address in ranges.contains { $0.contains(address) } } ?? false
    }

    /// Whom a connection comes from; nil if no balancer has said it.
    func client(of connection: ConnectionID) -> SocketAddress? { clients[connection] }

    /// A connection of a balancer.
    func accept(_ stream: Stream, from balancer: SocketAddress) {
        last += 1
        openings[last] = Opening(last, stream, balancer, self)
        if openings.count > limit, let oldest = openings.keys.min() {
            refuse(openings[oldest]!, "more than \(limit) connections have none")
        }
        stream.startReading()
    }

    /// A header is there, and perhaps more.
    fileprivate func enter(_ opening: Opening, _ header: ProxyHeader) {
        openings[opening.number] = nil
        // This machine of another machine isn't this one.
        var client = header.client ?? opening.balancer
        if client.isLoopback, !opening.balancer.isLoopback { client = opening.balancer }
        let rest = opening.bytes.dropFirst(header.length)
        server.enter(opening.stream, from: client, received: Array(rest)) { [self] in clients[$0] = client }
    }

    fileprivate func refuse(_ opening: Opening, _ reason: String) {
        guard openings.removeValue(forKey: opening.number) != nil else { return }
        refused += 1
        server.refuseHeader(opening.stream, from: opening.balancer, reason)
    }

    /// The balancer has closed the connection. One that looks whether somebody listens says nothing.
    fileprivate func ended(_ opening: Opening, isBroken: Bool) {
        if !isBroken, !opening.bytes.isEmpty { return refuse(opening, "it has ended in the middle") }
        openings[opening.number] = nil
        opening.stream.close()
    }

    private func endLate() {
        let since = Loop.monotonicNanoseconds - UInt64(patience.wholeMilliseconds) * 1_000_000
        for number in openings.keys.sorted() {
            guard let opening = openings[number], opening.since < since else { return }
            refuse(opening, "none has come within \(patience.wholeMilliseconds / 1000) s")
        }
    }

    func forget(_ connection: ConnectionID) {
        if !clients.isEmpty { clients[connection] = nil }
    }

    func close() {
        for opening in openings.values { opening.stream.close() }
        openings = [:]
        timer?.close()
        timer = nil
    }
}

/// A connection of a balancer whose header isn't whole yet.
private final class Opening: StreamHandler {
    let number: UInt64
    let stream: Stream
    let balancer: SocketAddress
    /// When it was accepted, in nanoseconds of the monotonic clock.
    let since = Loop.monotonicNanoseconds
    /// What has come.
    private(set) var bytes: [UInt8] = []
    private unowned let balancers: Balancers

    init(_ number: UInt64, _ stream: Stream, _ balancer: SocketAddress, _ balancers: Balancers) {
        self.number = number
        self.stream = stream
        self.balancer = balancer
        self.balancers = balancers
        stream.handler = self
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {
        bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
        switch ProxyHeader.read(self.bytes) {
        case .incomplete: break
        case .whole(let header): balancers.enter(self, header)
        case .malformed(let reason): balancers.refuse(self, reason)
        }
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) { balancers.ended(self, isBroken: error != nil) }
}
