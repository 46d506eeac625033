/// A host that offers a service, as an SRV record names it (RFC 2782).
public struct ServiceHost: Equatable, Sendable {
    /// A name, without a dot at its end.
    public let host: String
    /// 1 to 65535, or 0 if the record has no use.
    public let port: UInt16
    let priority: UInt16
    let weight: UInt16

    init(host: String, port: UInt16, priority: UInt16, weight: UInt16) {
        self.host = host.hasSuffix(".") ? String(host.dropLast()) : host
        self.port = port
        self.priority = priority
        self.weight = weight
    }

    /// Those that can be connected to: the lowest priority first, and of one priority the greatest weight. The host
    /// `.` says that there is no such service.
    static func byPreference(_ hosts: [ServiceHost]) -> [ServiceHost] {
        hosts.filter { !$0.host.isEmpty && $0.port > 0 }
            .sorted { ($0.priority, Int($1.weight), $0.host) < ($1.priority, Int($0.weight), $1.host) }
    }
}
