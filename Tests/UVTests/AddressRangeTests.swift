import Testing

@testable import UV

@Suite struct `A range of addresses` {
    private func contains(_ range: String, _ address: String) throws -> Bool {
        try #require(AddressRange(range)).contains(#require(SocketAddress(numeric: address, port: 1)))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.6", false), ("192.0.2.6/31", "192.0.2.7", true), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
        ("fd00::/8", "fdab::1", true), ("fd00::/8", "fe00::1", false), ("2001:db8::/64", "2001:db8::ffff:1", true),
        ("2001:db8::/64", "2001:db8:0:1::1", false), ("2001:db8::8/125", "2001:db8::f", true),
        ("2001:db8::8/125", "2001:db8::10", false), ("::1", "::1", true), ("::1", "::2", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
    ])
    func `has the addresses that begin as it does`(range: String, address: String, isIn: Bool) throws {
        #expect(try contains(range, address) == isIn)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.1/8", "::/129",
        "fd00::1/8", "example.org", "10.0.0.0/8 ", "10.0.0.0-10.0.0.9",
    ])
    func `is made of no other text`(text: String) { #expect(AddressRange(text) == nil) }

    @Test func `is shown as it was given`() throws {
        for text in ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "0.0.0.0/0"] {
            #expect(try #require(AddressRange(text)).description == text)
        }
    }
}
