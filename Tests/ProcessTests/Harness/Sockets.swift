import Foundation
import TestPorts

/// TCP on loopback, for the harness's clients and stand-in servers.
enum Sockets {
    /// Connects to a port of this machine, from 127.0.0.1 or another one of its addresses. Repeats the attempt until
    /// `within` is over.
    static func connect(port: Int, from source: UInt32? = nil, within: Duration = .seconds(5)) throws -> Descriptor {
        let deadline = Deadline(within: within)
        while true {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard number >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
            if let source { _ = withAddress(port: 0, address: source) { bind(number, $0, $1) } }
            if withAddress(port: port, { Foundation.connect(number, $0, $1) }) == 0 {
                setFlag(number, Int32(IPPROTO_TCP), TCP_NODELAY)
                return Descriptor(number)
            }
            let reason = String(cString: strerror(errno))
            _ = close(number)
            guard !deadline.hasPassed else { throw Failure("nobody answers on port \(port): \(reason)") }
            usleep(10_000)
        }
    }

    /// Begins to connect to this machine, or to an IPv4 address. The attempt has ended when the descriptor can be
    /// written to (`Descriptor.hasConnected`).
    static func beginConnecting(port: Int, address: UInt32? = nil) throws -> Descriptor {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
        let descriptor = Descriptor(number)
        setFlag(number, Int32(IPPROTO_TCP), TCP_NODELAY)
        let result = withAddress(port: port, address: address ?? loopback) { Foundation.connect(number, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            throw Failure("cannot connect: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Whether a program accepts connections at the port now.
    static func isOpen(port: Int) -> Bool {
        (try? connect(port: port, within: .zero)) != nil
    }

    /// A port that no program uses and that no other test gets. A server may listen there, end, and listen there again.
    static func freePort() throws -> Int {
        Int(try Ports.next())
    }

    private static let loopback: UInt32 = 0x7F00_0001

    static func withAddress<Result>(
        port: Int, address number: UInt32 = loopback, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(number).bigEndian
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    static func setFlag(_ number: Int32, _ level: Int32, _ name: Int32) {
        var on: Int32 = 1
        _ = setsockopt(number, level, name, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Makes the next close a reset, as if the machine were cut off in the middle of a message.
    static func resetOnClose(_ number: Int32) {
        var setting = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(number, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
    }

    /// Waits until the other side has finished sending, without reading a byte.
    static func waitForEndUnread(_ number: Int32, within: Duration) -> Bool {
        let deadline = Deadline(within: within)
        let peerFinished: Int16 = 0x2000  // POLLRDHUP, which Glibc's module doesn't show
        while !deadline.hasPassed {
            var request = pollfd(fd: number, events: peerFinished, revents: 0)
            if poll(&request, 1, 100) > 0, request.revents & (peerFinished | Int16(POLLHUP) | Int16(POLLERR)) != 0 {
                return true
            }
        }
        return false
    }
}

/// A listening socket of the test itself. It stands in for a server, or keeps a port in use.
final class StandInListener {
    let port: Int
    private var number: Int32

    /// - Parameter port: nil for one that nobody uses.
    init(port wanted: Int? = nil) throws {
        port = try wanted ?? Sockets.freePort()
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
        self.number = number
        Sockets.setFlag(number, SOL_SOCKET, SO_REUSEADDR)
        let isListening = Sockets.withAddress(port: port) { bind(number, $0, $1) } == 0 && listen(number, 16) == 0
        guard isListening else { throw Failure("cannot listen: \(String(cString: strerror(errno)))") }
    }

    deinit { close() }

    func close() {
        if number >= 0 { _ = Foundation.close(number) }
        number = -1
    }

    /// The next connection.
    func accept(within: Duration = .seconds(10)) throws -> BaseClient {
        guard Descriptor.wait(number, for: POLLIN, until: Deadline(within: within)) else {
            throw Failure("nobody connected to the stand-in server within \(within)")
        }
        let accepted = Spawn.accept(number)
        guard accepted >= 0 else { throw Failure("accept: \(String(cString: strerror(errno)))") }
        return BaseClient(Descriptor(accepted), name: "whoever connected")
    }
}
