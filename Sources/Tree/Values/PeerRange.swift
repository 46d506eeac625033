/// Addresses of clients that begin with the same bits, as a ban names them: IPv4 addresses, halves of IPv6 addresses
/// (a /64 is what one subscriber has), or this machine.
public struct PeerRange: Hashable, Comparable, Sendable {
    public enum Family: UInt8, Sendable {
        case loopback
        case ipv4
        case ipv6
    }

    public let family: Family
    /// The first address: 32 bits of IPv4, or the first 64 of IPv6.
    public let first: UInt64
    /// How many of those bits count.
    public let bits: Int

    /// This machine, whichever of its addresses somebody comes from.
    public static let loopback = PeerRange(family: .loopback, first: 0, bits: 0)

    private init(family: Family, first: UInt64, bits: Int) {
        self.family = family
        self.first = first
        self.bits = bits
    }

    /// Nil if there are not so many bits, or a bit behind those that count isn't zero.
    public init?(ipv4 first: UInt32, bits: Int) {
        guard (0...32).contains(bits), UInt64(first) == UInt64(first) & Self.mask(bits, of: 32) else { return nil }
        if bits >= 8, first >> 24 == 127 {
            self = .loopback
        } else {
            self.init(family: .ipv4, first: UInt64(first), bits: bits)
        }
    }

    /// - Parameter first: the first half of the address.
    public init?(ipv6 first: UInt64, bits: Int) {
        guard (0...64).contains(bits), first == first & Self.mask(bits, of: 64) else { return nil }
        self.init(family: .ipv6, first: first, bits: bits)
    }

    private static func mask(_ bits: Int, of width: Int) -> UInt64 {
        // A shift by 64 bits leaves nothing.
        let ones: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) - 1
        return ones & ~(ones >> UInt64(bits))
    }

    private var width: Int { family == .ipv4 ? 32 : 64 }

    /// The range of so many bits in which a client's address lies.
    init(of address: PeerAddress, family: Family, bits: Int) {
        let width = family == .ipv4 ? 32 : 64
        self.init(family: family, first: address.value & Self.mask(bits, of: width), bits: bits)
    }

    public func contains(_ address: PeerAddress) -> Bool {
        family == address.family && (family == .loopback || address.value & Self.mask(bits, of: width) == first)
    }

    public static func < (a: PeerRange, b: PeerRange) -> Bool {
        (a.family.rawValue, a.first, a.bits) < (b.family.rawValue, b.first, b.bits)
    }
}

extension PeerAddress {
    /// An IPv4 address has a value of 32 bits. A smaller half of an IPv6 address than that is no client's: the first 32
    /// bits of all of these are zero (RFC 4291, section 2.4).
    var family: PeerRange.Family { isLoopback ? .loopback : value >> 32 == 0 ? .ipv4 : .ipv6 }
}

// MARK: Text

extension PeerRange: CustomStringConvertible {
    private static let loopbackText = "127.0.0.0/8"

    /// As messages name it to people: the addresses of this machine count as one, whichever of them somebody gave.
    public var words: String {
        family == .loopback
            ? "\(Self.loopbackText) (this machine: all of its loopback addresses count as one)" : description
    }

    /// As people write it: `10.0.0.0/8`, `192.0.2.7`, `2001:db8:0:1::/64`; this machine is `127.0.0.0/8`.
    public var description: String {
        switch family {
        case .loopback: return Self.loopbackText
        case .ipv4:
            let parts = [24, 16, 8, 0].map { String(first >> UInt64($0) & 0xff) }
            return parts.joined(separator: ".") + (bits == 32 ? "" : "/\(bits)")
        case .ipv6:
            var groups = [48, 32, 16, 0].map { String(first >> UInt64($0) & 0xffff, radix: 16) }
            while groups.last == "0" { groups.removeLast() }
            return groups.joined(separator: ":") + "::/\(bits)"
        }
    }

    /// Nil if the text isn't of the form of `description`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        let bits: Int?
        if parts.count == 2 {
            guard let number = Self.number(parts[1], radix: 10, limit: 64) else { return nil }
            bits = Int(number)
        } else {
            bits = nil
        }
        if parts[0].contains(":") {
            guard let bits, parts[0].hasSuffix("::"), let first = Self.half(parts[0].dropLast(2)) else { return nil }
            self.init(ipv6: first, bits: bits)
        } else {
            let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
                .compactMap { Self.number($0, radix: 10, limit: 255) }
            guard bytes.count == 4, parts[0].count(where: { $0 == "." }) == 3 else { return nil }
            self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) }, bits: bits ?? 32)
        }
    }

    /// The first half of an IPv6 address, from its groups: those at its end that are zero are left out.
    private static func half(_ text: Substring) -> UInt64? {
        let groups = text.isEmpty ? [] : text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = groups.compactMap { number($0, radix: 16, limit: 0xffff) }
        guard numbers.count == groups.count, numbers.count <= 4 else { return nil }
        return numbers.reduce(0) { $0 << 16 | $1 } << UInt64(16 * (4 - numbers.count) % 64)
    }

    private static func number(_ text: Substring, radix: Int, limit: UInt64) -> UInt64? {
        guard (1...4).contains(text.utf8.count), text.first != "+", let number = UInt64(text, radix: radix),
            number <= limit
        else { return nil }
        return number
    }
}
