import Testing
import Tree
import UV

@testable import Host

/// The headers of the specification, and what broken and hostile ones look like.
@Suite struct `The header of a balancer` {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    private static func binary(
        _ versionAndCommand: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [versionAndCommand, family, UInt8(length >> 8), UInt8(length & 255)] + rest
    }

    private static func line(_ text: String) -> [UInt8] { Array((text + "\r\n").utf8) }

    private static let ipv4: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1, 0xC8, 0x70, 0x0E, 0xC4]
    private static let ipv6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 0, count: 15) + [1]
        + [0xC8, 0x70, 0x0E, 0xC4]

    private static let whole: [(header: [UInt8], client: String?)] = [
        (line("PROXY TCP4 203.0.113.7 192.0.2.1 51312 3780"), "203.0.113.7:51312"),
        (line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535"), "255.255.255.255:65535"),
        (line("PROXY TCP6 2001:db8::9 2001:db8::1 51312 3780"), "[2001:db8::9]:51312"),
        (line("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2"), "203.0.113.7:1"),
        (
            line(
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535"
            ),
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
        ),
        (line("PROXY UNKNOWN"), nil),
        (line("PROXY UNKNOWN anything up to the end of the line"), nil),
        (binary(0x21, 0x11, ipv4), "203.0.113.7:51312"),
        (binary(0x21, 0x21, ipv6), "[2001:db8::9]:51312"),
        // With more values behind the addresses: 0x02 is the host name that the client asked for.
        (binary(0x21, 0x11, ipv4 + [2, 0, 3, 97, 46, 98, 0x20, 0, 5, 1, 0, 0, 0, 0]), "203.0.113.7:51312"),
        (binary(0x21, 0x11, ipv4 + [UInt8](repeating: 0xFF, count: 4068)), "203.0.113.7:51312"),
        // The balancer itself, that looks whether somebody listens.
        (binary(0x20, 0x00, []), nil), (binary(0x20, 0x11, ipv4), nil), (binary(0x20, 0xFF, [1, 2, 3]), nil),
        // No address, and that of a socket in the file system.
        (binary(0x21, 0x00, []), nil), (binary(0x21, 0x00, [1, 2, 3]), nil),
        (binary(0x21, 0x31, [UInt8](repeating: 65, count: 216)), nil),
    ]

    private func read(_ bytes: [UInt8]) -> ProxyHeader? {
        if case .whole(let header) = ProxyHeader.read(bytes) { header } else { nil }
    }

    @Test func `says whom a connection comes from`() throws {
        for (bytes, client) in Self.whole {
            let header = try #require(read(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            #expect(header.client?.description == client)
            #expect(header.length == bytes.count)
        }
    }

    @Test func `ends where it ends, whatever comes behind it, and isn't read before it is whole`() {
        for (bytes, _) in Self.whole {
            for rest in [[0x16, 3, 1], Array("{\"command\":\"LOGIN\"}\n".utf8), bytes] as [[UInt8]] {
                #expect(read(bytes + rest)?.length == bytes.count)
            }
            for count in 0..<bytes.count {
                #expect(ProxyHeader.read(Array(bytes.prefix(count))) == .incomplete, "\(count) of \(bytes)")
            }
        }
    }

    private static let malformed: [[UInt8]] = [
        Array("{\"command\":\"LOGIN\"}\n".utf8), [0x16, 3, 1, 0], Array("GET / HTTP/1.1\r\n".utf8), [0], [13, 10, 123],
        Array("proxy TCP4".utf8), Array("PROXYTCP4".utf8),
        line("PROXY "), line("PROXY TCP4"), line("PROXY TCP4 203.0.113.7 192.0.2.1 51312"),
        line("PROXY TCP4 203.0.113.7 192.0.2.1 51312 3780 1"), line("PROXY TCP4  203.0.113.7 192.0.2.1 51312 3780"),
        line("PROXY TCP4 203.0.113.7 192.0.2.1 65536 3780"), line("PROXY TCP4 203.0.113.7 192.0.2.1 -1 3780"),
        line("PROXY TCP4 203.0.113.256 192.0.2.1 1 3780"), line("PROXY TCP4 example.org 192.0.2.1 1 3780"),
        line("PROXY TCP4 2001:db8::9 2001:db8::1 1 2"), line("PROXY TCP6 203.0.113.7 192.0.2.1 1 2"),
        line("PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2"), line("PROXY UDP4 203.0.113.7 192.0.2.1 1 2"),
        Array("PROXY TCP4 203.0.113.7 192.0.2.1 51312 3780\n".utf8),
        Array(("PROXY UNKNOWN " + String(repeating: "x", count: 93)).utf8),
        binary(0x11, 0x11, ipv4), binary(0x31, 0x11, ipv4), binary(0x22, 0x11, ipv4), binary(0x2F, 0x11, ipv4),
        // Datagrams, families that nobody has defined, and addresses that don't fit into the length.
        binary(0x21, 0x12, ipv4), binary(0x21, 0x22, ipv6), binary(0x21, 0x32, [UInt8](repeating: 0, count: 216)),
        binary(0x21, 0x41, ipv4), binary(0x21, 0xFF, ipv4), binary(0x21, 0x10, ipv4),
        binary(0x21, 0x11, Array(ipv4.dropLast())), binary(0x21, 0x21, Array(ipv6.dropLast())),
        binary(0x21, 0x31, [UInt8](repeating: 0, count: 215)), binary(0x21, 0x11, []),
        binary(0x21, 0x11, ipv4, length: 4081), binary(0x21, 0x11, ipv4, length: 65_535),
        binary(0x20, 0x00, [], length: 65_535),
    ]

    @Test func `is refused where it is malformed, as soon as that is sure`() {
        for bytes in Self.malformed {
            guard case .malformed(let reason) = ProxyHeader.read(bytes) else {
                Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(ProxyHeader.read(bytes))")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test func `has a bound, whatever comes`() {
        for start in [Array("PROXY UNKNOWN ".utf8), Self.signature + [0x21, 0x11]] {
            let long = start + [UInt8](repeating: 65, count: ProxyHeader.limitBytes)
            for count in ProxyHeader.lineBytes...long.count where count.isMultiple(of: 97) {
                if start.first == 80, case .malformed = ProxyHeader.read(Array(long.prefix(count))) { continue }
                if start.first == 13, case .malformed = ProxyHeader.read(Array(long.prefix(count))) { continue }
                Issue.record("\(count) bytes are taken")
            }
        }
    }

    /// Headers with bytes changed, left out and put in, and plain noise: whatever they are, reading more of them never
    /// changes what was sure, and a whole header is never longer than what has come.
    @Test func `is read the same way however it is split, also when it is damaged`() {
        var random = RandomNumbers(seed: 17)
        for round in 0..<2000 {
            var bytes = Self.whole[round % Self.whole.count].header
            if bytes.count > 300 { bytes = Array(bytes.prefix(300)) }
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let place = bytes.indices.randomElement(using: &random)!
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: if bytes.count > 1 { bytes.remove(at: place) }
                default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
                }
            }
            if round % 10 == 0 { bytes = bytes.map { _ in UInt8.random(in: .min ... .max, using: &random) } }
            var verdict: ProxyHeader.Reading?
            for count in 0...bytes.count {
                let now = ProxyHeader.read(Array(bytes.prefix(count)))
                if let verdict { #expect(now == verdict, "\(bytes) at \(count)") }
                switch now {
                case .whole(let header):
                    #expect(header.length <= count)
                    verdict = now
                case .malformed: verdict = verdict ?? now
                case .incomplete: break
                }
            }
        }
    }

    @Test func `is known by its first bytes where none is expected`() {
        func begins(_ bytes: [UInt8]) -> Bool { ProxyHeader.begins(bytes.span.bytes) }
        for (bytes, _) in Self.whole { #expect(begins(bytes)) }
        for bytes in [[], [13, 10], Array("PROX".utf8), Array("\r\n\r\n{".utf8), Array("{\"PROXY \"".utf8)] as [[UInt8]]
        {
            #expect(!begins(bytes))
        }
    }
}
