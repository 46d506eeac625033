import CLibUV
import Glibc

/// The address of one end of a TCP connection: a numeric IPv4 or IPv6 address and a port.
///
/// An IPv4 address in the form of an IPv6 address (`::ffff:10.0.0.1`, as a dual-stack listener sees it) becomes an IPv4
/// address, so that one peer has one address.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    private enum Family: UInt8 {
        case v4, v6
    }

    private let family: Family
    public let port: UInt16
    /// For link-local IPv6 addresses the number of the interface, else 0.
    private let scope: UInt32
    /// The 16 bytes of an IPv6 address in network order, or those of an IPv4 address in the upper half of `low`.
    private let high: UInt64
    private let low: UInt64

    /// - Parameters:
    ///   - numeric: an address in digits, such as `127.0.0.1`, `::1` or `fe80::1%eth0`; names are for `Resolver`.
    ///   - port: 0 to 65535; 0 lets the kernel choose when listening.
    public init?(numeric: String, port: UInt16) {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if uv_ip4_addr(numeric, Int32(port), &v4) == 0 {
            self.init(v4)
        } else if uv_ip6_addr(numeric, Int32(port), &v6) == 0 {
            self.init(v6)
        } else {
            return nil
        }
    }

    /// All IPv4 interfaces: the usual address of a server.
    public static func anyIPv4(port: UInt16) -> SocketAddress {
        SocketAddress(family: .v4, port: port, scope: 0, high: 0, low: 0)
    }

    /// This machine, by IPv4.
    public static func loopbackIPv4(port: UInt16) -> SocketAddress {
        SocketAddress(family: .v4, port: port, scope: 0, high: 0, low: 0x7f00_0001 << 32)
    }

    /// The addresses of `localhost`, for a server that listens there. The second is for machines that have no IPv4.
    public static func loopbacks(port: UInt16) -> [SocketAddress] {
        [.loopbackIPv4(port: port), SocketAddress(family: .v6, port: port, scope: 0, high: 0, low: 1)]
    }

    /// All interfaces, by IPv6 and IPv4: the second is for machines that have no IPv6.
    public static func everywhere(port: UInt16) -> [SocketAddress] {
        [SocketAddress(family: .v6, port: port, scope: 0, high: 0, low: 0), .anyIPv4(port: port)]
    }

    private init(family: Family, port: UInt16, scope: UInt32, high: UInt64, low: UInt64) {
        self.family = family
        self.port = port
        self.scope = scope
        self.high = high
        self.low = low
    }

    init(_ address: sockaddr_in) {
        let bits = UInt64(UInt32(bigEndian: address.sin_addr.s_addr))
        self.init(family: .v4, port: UInt16(bigEndian: address.sin_port), scope: 0, high: 0, low: bits << 32)
    }

    init(_ address: sockaddr_in6) {
        let (high, low) = withUnsafeBytes(of: address.sin6_addr) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(
            v6: (high, low), port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
    }

    /// - Parameter v6: the 16 bytes of an IPv6 address, in network order.
    public init(v6: (high: UInt64, low: UInt64), port: UInt16, scope: UInt32 = 0) {
        if v6.high == 0, v6.low >> 32 == 0xffff {
            self.init(family: .v4, port: port, scope: 0, high: 0, low: v6.low << 32)
        } else {
            self.init(family: .v6, port: port, scope: scope, high: v6.high, low: v6.low)
        }
    }

    /// - Parameter v4: the four bytes of an IPv4 address, in network order.
    public init(v4: UInt32, port: UInt16) {
        self.init(family: .v4, port: port, scope: 0, high: 0, low: UInt64(v4) << 32)
    }

    init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET: self.init(raw.loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: self.init(raw.loadUnaligned(as: sockaddr_in6.self))
        default: return nil
        }
    }

    /// Lends the address in the kernel's form.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        switch family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low >> 32).bigEndian
            return withUnsafeBytes(of: &address) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return withUnsafeBytes(of: &address) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
        }
    }

    /// The address in digits, without the port.
    public var host: String {
        withSocketAddress { address in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
                buffer.initialize(repeating: 0)
                let raw = UnsafeRawPointer(address)
                switch family {
                case .v4:
                    uv_ip4_name(raw.assumingMemoryBound(to: sockaddr_in.self), buffer.baseAddress, buffer.count)
                case .v6:
                    uv_ip6_name(raw.assumingMemoryBound(to: sockaddr_in6.self), buffer.baseAddress, buffer.count)
                }
                return String(cString: buffer.baseAddress!)
            }
        }
    }

    public var isIPv6: Bool {
        family == .v6
    }

    /// Whether it lies in 127.0.0.0/8 or is ::1.
    public var isLoopback: Bool {
        switch family {
        case .v4: low >> 56 == 127
        case .v6: high == 0 && low == 1
        }
    }

    /// The part of the address that one subscriber has, for counting: an IPv4 address, or the first half of an IPv6
    /// address.
    public var subscriber: UInt64 {
        family == .v4 ? low >> 32 : high
    }

    /// Whether the first bits of both addresses are the same, and both are IPv4 or both IPv6.
    ///
    /// - Parameter bits: 0 to 32 for IPv4, 0 to 128 for IPv6.
    func agrees(with other: SocketAddress, inFirst bits: Int) -> Bool {
        let (one, two) = (keeping(bits), other.keeping(bits))
        return family == other.family && one.high == two.high && one.low == two.low
    }

    /// The same with all bits zero but the first ones.
    func keeping(_ bits: Int) -> SocketAddress {
        // A shift by 64 bits leaves nothing.
        func mask(_ count: Int) -> UInt64 { ~(~0 >> UInt64(max(0, count))) }
        return SocketAddress(
            family: family, port: port, scope: scope, high: family == .v4 ? 0 : high & mask(bits),
            low: low & mask(family == .v4 ? bits : bits - 64))
    }

    /// How many bits an address of this kind has.
    var bits: Int { family == .v4 ? 32 : 128 }

    /// The same host with another port. With port 0 it is a key for counting by address.
    public func with(port: UInt16) -> SocketAddress {
        SocketAddress(family: family, port: port, scope: scope, high: high, low: low)
    }

    /// In the form `127.0.0.1:3780` or `[::1]:3780`.
    public var description: String {
        isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
