import Foundation

/// HAProxy as a balancer before nodes.
enum HAProxy {
    static let path: String? = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static let refusal = "haproxy is not installed (Debian: haproxy)"

    /// Starts one that passes connections at a port on to a node.
    ///
    /// - Parameter header: `send-proxy` or `send-proxy-v2`, and more words of HAProxy's for a server.
    static func start(on bench: Bench, before node: Int, header: String) throws -> (port: Int, program: Program) {
        let port = try Sockets.freePort()
        let file = "\(bench.folder)/haproxy-\(port).cfg"
        let text = """
            defaults
                mode tcp
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            listen coppice
                bind 127.0.0.1:\(port)
                server node 127.0.0.1:\(node) \(header)

            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let program = try bench.program("haproxy", path: path, ["-db", "-f", file])
        _ = try Sockets.connect(port: port)
        return (port, program)
    }

    /// HAProxy ends with the signal's status.
    static func end(_ program: Program) { program.killHard() }
}
