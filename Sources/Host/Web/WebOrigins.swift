import Tree
import UV

/// From which pages browsers may open a WebSocket, or use the API, at this node.
///
/// A browser lets any page that somebody visits open a WebSocket to any server, in the visitor's network too, and tells
/// the server whose page it is (`Origin`; RFC 6455, section 10.2). Programs that are no browsers send none, and could
/// send any. Without further settings a node lets in its own pages, and those of the network's other nodes, which go on
/// here when their node is lost. A page is the node's own if it was loaded from the very host and port that is asked.
/// Somebody may let a name of his own point to this node, and so make his page look like the node's own; therefore the
/// host has to be a numeric address, `localhost`, or the node's own name.
public struct WebOrigins {
    /// Origins that are allowed besides, in lower case.
    private let listed: Set<String>
    private let allowsAll: Bool
    /// The node's own name.
    private let host: String

    /// - Parameters:
    ///   - origins: as `https://chat.example:8443`; `*` allows all.
    ///   - host: the host name under which clients reach this node.
    init(_ origins: [String], host: String) {
        listed = Set(origins.map { $0.lowercased() })
        allowsAll = origins.contains("*")
        self.host = host.lowercased()
    }

    /// - Parameters:
    ///   - origin: as the browser tells it; nil for a program that is no browser.
    ///   - target: the host, and the port if it isn't the usual one, that was asked.
    ///   - isNode: whether a node of the network has an address.
    func allows(_ origin: String?, at target: String, isEncrypted: Bool, isNode: (Address) -> Bool) -> Bool {
        guard let origin = origin?.lowercased(), !allowsAll else { return true }
        if listed.contains(origin) { return true }
        let target = target.lowercased()
        if origin == (isEncrypted ? "https://" : "http://") + target { return isOwn(Self.name(in: target)) }
        return Self.address(of: origin).map(isNode) ?? false
    }

    /// Where a page came from.
    private static func address(of origin: String) -> Address? {
        guard let slash = origin.lastIndex(of: "/") else { return nil }
        let place = String(origin[origin.index(after: slash)...])
        let name = name(in: place)
        let port = place.dropFirst(name.count + (place.hasPrefix("[") ? 2 : 0))
        if port.isEmpty { return Address(host: name, port: origin.hasPrefix("https:") ? 443 : 80) }
        return UInt16(port.dropFirst()).map { Address(host: name, port: $0) }
    }

    private func isOwn(_ name: String) -> Bool {
        name == host || name == "localhost" || SocketAddress(numeric: name, port: 0) != nil
    }

    /// The host without the port and without brackets.
    private static func name(in target: String) -> String {
        if target.hasPrefix("[") { return String(target.dropFirst().prefix { $0 != "]" }) }
        return String(target.prefix { $0 != ":" })
    }

    /// Whether a text can be an origin: a scheme and a host, and perhaps a port, without a path; or `*`.
    public static func isOrigin(_ text: String) -> Bool {
        if text == "*" { return true }
        for scheme in ["http://", "https://"] where text.lowercased().hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            return !rest.isEmpty && !rest.contains { "/?#@ ".contains($0) }
        }
        return false
    }
}
