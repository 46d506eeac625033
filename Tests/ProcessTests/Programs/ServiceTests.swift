import Foundation
import Testing

extension RealPrograms {
    /// What the programs tell the service manager that has started them: sd_notify(3).
    @Suite struct ServiceTests {}
}

/// The socket of a service manager.
private final class ServiceManager {
    let path: String
    private let number: Int32

    init(in folder: String) throws {
        path = folder + "/notify"
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure("\(path) is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Failure("cannot bind \(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(number) }

    /// The messages that have come since this was asked last.
    func heard() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}

extension RealPrograms.ServiceTests {
    @Test(arguments: ["coppice", "coppice@", "coppice-clock"])
    func `Each unit keeps its data in a folder that its user may write`(unit: String) throws {
        let text = try String(contentsOfFile: Handbook.root + "/packaging/\(unit).service", encoding: .utf8)
        let command = try #require(text.firstMatch(of: /ExecStart=.* --data-dir \/var\/lib\/(\S+)/))
        let folders = try #require(text.firstMatch(of: /StateDirectory=(.*)/))
        #expect(folders.output.1.split(separator: " ").contains(command.output.1))
    }

    @Test(arguments: ["node", "clock"])
    func `A server tells when it serves, that its loop turns, and when it ends`(_ kind: String) throws {
        try onBench { bench in
            let manager = try ServiceManager(in: bench.folder)
            let flags = kind == "node" ? "--memory --clock none" : "--plain-links"
            let server = try bench.shell(
                kind,
                "cd '\(bench.folder)' && NOTIFY_SOCKET='\(manager.path)' WATCHDOG_USEC=200000 exec \"$0\" \(kind) "
                    + "-lp 0 \(flags)")
            var heard: [String] = []
            try eventually("it serves, and has told twice that its loop turns", within: .seconds(20)) {
                heard += manager.heard()
                return heard.contains { $0.hasPrefix("READY=1") } && heard.count { $0 == "WATCHDOG=1" } >= 2
            }
            server.signal(SIGTERM)
            #expect(try server.waitForEnd() == .exited(0))
            #expect(manager.heard().contains("STOPPING=1"))
        }
    }

    @Test func `A node that still looks for its parent doesn't say that it serves`() throws {
        try onBench { bench in
            let manager = try ServiceManager(in: bench.folder)
            let nobody = try Sockets.freePort()
            let node = try bench.shell(
                "node",
                "NOTIFY_SOCKET='\(manager.path)' COPPICE_SECRET=x exec \"$0\" node -lp 0 --memory --clock none "
                    + "-rh localhost -rp \(nobody)")
            _ = try Node.port(of: node)
            usleep(500_000)
            #expect(manager.heard().isEmpty)
            // It goes on as a root when nobody has answered for 10 s.
            try eventually("it serves", within: .seconds(40)) { manager.heard().contains { $0.hasPrefix("READY=1") } }
            node.signal(SIGTERM)
            #expect(try node.waitForEnd() == .exited(0))
        }
    }
}
