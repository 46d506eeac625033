import Testing
import Tree
import UV

@Suite("Addresses as text")
struct AddressTextTests {
    @Test(
        "an address looks the same wherever it comes from", arguments: ["127.0.0.1", "::1", "fe80::1", "2001:db8::7"])
    func alike(host: String) {
        #expect(Address(host: host, port: 3790).description == SocketAddress(numeric: host, port: 3790)?.description)
    }

    @Test("an IPv6 address is in brackets, a name isn't")
    func brackets() {
        #expect("\(Address(host: "::1", port: 3790))" == "[::1]:3790")
        #expect("\(Address(host: "localhost", port: 3790))" == "localhost:3790")
        #expect(Address(host: "[::1]", port: 3790) == Address(host: "::1", port: 3790))
        #expect(Address(host: "[::1]", port: 3790).isPlausible)
    }
}
