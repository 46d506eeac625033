import Glibc
import Testing

@testable import TestPorts

@Suite struct `Ports for tests` {
    @Test func `are never ones that the kernel hands out`() throws {
        let ephemeral = PortPool.ephemeralPorts()
        for _ in 0..<200 { #expect(!ephemeral.contains(Int(try Ports.next()))) }
        // And what it hands out does come from there.
        let listener = Listener(AF_INET, port: 0)
        #expect(ephemeral.contains(Int(listener.port)))
    }

    @Test func `lie on both sides of the kernel's range, or anywhere if that is everything`() {
        #expect(PortPool.candidates(besides: 32_768...60_999) == [10_000..<32_768, 61_000..<65_536])
        #expect(PortPool.candidates(besides: 1_024...50_000) == [50_001..<65_536])
        #expect(PortPool.candidates(besides: 20_000...65_535) == [10_000..<20_000])
        #expect(PortPool.candidates(besides: 1_024...65_535) == [10_000..<32_768])
    }

    @Test func `are different for two processes side by side, and each comes once`() throws {
        // Two pools are to each other what two processes are: a name can be bound once.
        let shared = PortPool.candidates().suffix(1)
        var one = PortPool(Array(shared))
        var other = PortPool(Array(shared))
        var ports: Set<UInt16> = []
        for _ in 0..<120 {
            ports.insert(try one.next())
            ports.insert(try other.next())
        }
        #expect(ports.count == 240)
    }

    @Test func `are free for whoever comes when the process that had them has ended`() throws {
        let base = Int(try Ports.next())
        let range = [base..<base + 1]
        let project = "coppice-tests-\(getpid())"
        do {
            var ended = PortPool(range, project: project)
            #expect(try ended.next() == UInt16(base))
            var beside = PortPool(range, project: project)
            #expect(throws: NoPortLeft.self) { try beside.next() }
        }
        var after = PortPool(range, project: project)
        #expect(try after.next() == UInt16(base))
    }

    @Test(arguments: [AF_INET, AF_INET6])
    func `are used by nobody, over IPv4 or IPv6`(family: Int32) throws {
        let taken = try Ports.next()
        let listener = Listener(family, port: taken)
        guard listener.port == taken else { return }  // a machine without IPv6
        #expect(!PortPool.isFree(taken))
        var pool = PortPool([Int(taken)..<Int(taken) + 1], project: "coppice-tests-\(getpid())-\(family)")
        #expect(throws: NoPortLeft.self) { try pool.next() }
        listener.close()
        #expect(PortPool.isFree(taken))
    }
}

/// Listens on loopback.
private struct Listener {
    let port: UInt16
    private let number: Int32

    init(_ family: Int32, port: UInt16) {
        number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        if family == AF_INET {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: address) { storage.copyMemory(from: $0) }
            }
        } else {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: address) { storage.copyMemory(from: $0) }
            }
        }
        let number = number
        self.port = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(number, address, length) == 0, listen(number, 1) == 0,
                    getsockname(number, address, &length) == 0
                else { return UInt16(0) }
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin_port)
                }
            }
        }
    }

    func close() { Glibc.close(number) }
}
