import Foundation

/// etcd with three members on loopback.
final class EtcdCluster {
    /// Where Debian's package has it; nil where it isn't installed.
    static let path: String? = ["/usr/bin/etcd", "/usr/local/bin/etcd"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static let refusal = "etcd is not installed (Debian: etcd-server), so clocks that share one are not tested"

    struct Member {
        let name: String
        let port: Int
        let arguments: [String]
        var program: Program
    }

    private(set) var members: [Member] = []
    private let bench: Bench
    private let path: String

    /// Starts the members and waits until they have a leader.
    init(_ bench: Bench) throws {
        guard let path = Self.path else { throw Failure(Self.refusal) }
        self.bench = bench
        self.path = path
        let ports = try (0..<3).map { _ in (try Sockets.freePort(), try Sockets.freePort()) }
        let cluster = ports.enumerated().map { "m\($0)=http://127.0.0.1:\($1.1)" }.joined(separator: ",")
        for (index, (port, peerPort)) in ports.enumerated() {
            let name = "m\(index)"
            let arguments = [
                "--name", name, "--data-dir", "\(bench.folder)/\(name)",
                "--listen-client-urls", "http://127.0.0.1:\(port)",
                "--advertise-client-urls", "http://127.0.0.1:\(port)",
                "--listen-peer-urls", "http://127.0.0.1:\(peerPort)",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(peerPort)",
                "--initial-cluster", cluster, "--logger", "zap", "--log-outputs", "stderr", "--log-level", "error",
            ]
            let program = try bench.program("etcd-\(name)", path: path, arguments)
            members.append(Member(name: name, port: port, arguments: arguments, program: program))
        }
        try eventually("etcd has a leader", within: .seconds(30)) { leader != nil }
    }

    /// What `coppice clock --etcd` takes.
    var urls: String { members.map { "http://127.0.0.1:\($0.port)" }.joined(separator: ",") }

    /// The member that leads the others, by its place.
    var leader: Int? {
        members.indices.first { index in
            guard members[index].program.isRunning, let status = status(index) else { return false }
            return status["leader"] == status["header"]?["member_id"]
        }
    }

    private func status(_ index: Int) -> JSONValue? {
        guard let connection = try? Sockets.connect(port: members[index].port, within: .zero) else { return nil }
        defer { connection.close() }
        let request = "POST /v3/maintenance/status HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"
        guard connection.write(request.utf8, until: Deadline(within: .seconds(1))) == .done else { return nil }
        var last: JSONValue?
        while true {
            switch connection.readLine(until: Deadline(within: .seconds(1))) {
            case .line(let line): last = try? JSONParser.parse(line)
            case .end(let rest): return (try? JSONParser.parse(rest)) ?? last
            case .reset, .tooLate: return nil
            }
        }
    }

    /// kill -9.
    func kill(_ index: Int) {
        members[index].program.killHard()
    }

    /// Starts a member again, with what it had on its disk.
    func restart(_ index: Int) throws {
        let member = members[index]
        members[index].program = try bench.program(
            "etcd-\(member.name)-again", path: path, member.arguments)
    }

    /// Ends all of them. etcd ends with the signal's status, which no program of ours may.
    func end() {
        for member in members { member.program.killHard() }
    }
}
