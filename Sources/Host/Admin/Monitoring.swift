import CoreMetrics
import OpenMetrics
import UV

/// Who is told how a node is.
public struct Monitoring {
    /// The admin port.
    public struct Admin: Sendable {
        /// Where it listens: `127.0.0.1`, `::1`, `localhost` or another numeric address of this machine.
        public var host: String
        /// 0 for any free port.
        public var port: UInt16
        /// What those who ask have to show, except for `/health` and `/ready`; nil for nothing, which is for this
        /// machine alone.
        public var token: String?

        public init(host: String, port: UInt16, token: String?) {
            self.host = host
            self.port = port
            self.token = token
        }

        /// The addresses to listen on, of which the first that this machine has is used; nil if it is no address.
        var addresses: [SocketAddress]? {
            if host == "localhost" { return SocketAddress.loopbacks(port: port) }
            return SocketAddress(numeric: host, port: port).map { [$0] }
        }

        /// Whether the host is one of those.
        public var isListenable: Bool { addresses != nil }

        /// Whether other machines can reach it.
        public var isForOthers: Bool { addresses?.allSatisfy(\.isLoopback) == false }
    }

    /// Nil for none.
    public var admin: Admin?
    /// A backend of swift-metrics that gets all metrics too, once a second while anything happens: for a program that a
    /// node is a part of.
    public var backend: (any MetricsFactory)?

    public init(admin: Admin? = nil, backend: (any MetricsFactory)? = nil) {
        self.admin = admin
        self.backend = backend
    }

    /// What counts for all who are told; nil if nobody is.
    func metrics(_ registry: OpenMetricsRegistry?) -> NodeMetrics? {
        let all = [registry, backend].compactMap { $0 as (any MetricsFactory)? }
        guard let first = all.first else { return nil }
        return NodeMetrics(all.count == 1 ? first : MultiplexMetricsHandler(factories: all))
    }
}
