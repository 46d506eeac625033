import Testing

@testable import Tree

/// Ranges of clients' addresses, as text and as nodes compare them.
@Suite struct PeerRangeTests {
    @Test(arguments: [
        "10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "203.0.113.128/25", "2001:db8::/32", "2001:db8:0:1::/64", "::/0",
        "fe80::/10", "127.0.0.0/8", "0:0:1::/48",
    ])
    func aTextIsReadAsItIsWritten(_ text: String) {
        #expect(PeerRange(text)?.description == text)
    }

    @Test(arguments: [
        "", "10.0.0/8", "10.0.0.0.0", "10.0.0.1/8", "256.0.0.1", "10.0.0.0/33", "+1.0.0.0", "1..2.3", "2001:db8::",
        "2001:db8::1/64", "2001:db8::/65", "2001:db8:0:1:0::/64", "g::/16", "::/-1", "10.0.0.0/8/9", "0001::/16x",
    ])
    func whatIsNoRangeIsNone(_ text: String) {
        #expect(PeerRange(text) == nil)
    }

    @Test func itHoldsTheAddressesThatBeginWithItsBits() throws {
        let range = try #require(PeerRange("10.1.0.0/16"))
        #expect(range.contains(PeerAddress(0x0a01_ffff)))
        #expect(!range.contains(PeerAddress(0x0a02_0000)))
        #expect(!range.contains(PeerAddress(0x0a01 << 48)))
        let half = try #require(PeerRange("2001:db8::/33"))
        #expect(half.contains(PeerAddress(0x2001_0db8_7fff_ffff)))
        #expect(!half.contains(PeerAddress(0x2001_0db8_8000_0000)))
    }

    @Test func thisMachineIsInNoRangeButItsOwn() throws {
        #expect(PeerRange("127.0.0.1") == .loopback)
        #expect(PeerRange.loopback.contains(.loopback))
        #expect(try !#require(PeerRange("0.0.0.0/0")).contains(.loopback))
        #expect(!PeerRange.loopback.contains(PeerAddress(0)))
    }
}
