import Testing

@testable import UV

@Suite struct `An address` {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:3780"), ("0.0.0.0", "0.0.0.0:3780"), ("255.1.2.3", "255.1.2.3:3780"),
        ("::1", "[::1]:3780"), ("2001:db8::17", "[2001:db8::17]:3780"), ("::ffff:10.0.0.1", "10.0.0.1:3780"),
        ("::", "[::]:3780"),
    ])
    func `is shown as it was given`(numeric: String, shown: String) throws {
        let address = try #require(SocketAddress(numeric: numeric, port: 3780))
        #expect(address.description == shown)
        #expect(address.port == 3780)
        #expect(SocketAddress(numeric: address.host, port: 3780) == address)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "::g", "127.0.0.1 ", "1.2.3.4:5"])
    func `is made of no other text`(text: String) {
        #expect(SocketAddress(numeric: text, port: 1) == nil)
    }

    @Test func `knows this machine and all machines`() throws {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(SocketAddress(numeric: text, port: 1)).isLoopback)
        }
        for text in ["128.0.0.1", "::2", "fe80::1"] {
            #expect(try !#require(SocketAddress(numeric: text, port: 1)).isLoopback)
        }
        #expect(SocketAddress.anyIPv4(port: 1) == SocketAddress(numeric: "0.0.0.0", port: 1))
        #expect(SocketAddress.loopbackIPv4(port: 7) == SocketAddress(numeric: "127.0.0.1", port: 7))
    }

    @Test func `tells one address from another, whatever the port`() throws {
        let one = try #require(SocketAddress(numeric: "10.0.0.1", port: 1))
        let other = try #require(SocketAddress(numeric: "10.0.0.1", port: 2))
        #expect(one != other)
        #expect(one.with(port: 0) == other.with(port: 0))
    }
}

@Suite struct `An error of libuv` {
    @Test func `has a name and a sentence`() {
        #expect(UVError.addressInUse.name == "EADDRINUSE")
        #expect(UVError.addressInUse.message == "address already in use")
        #expect(UVError.addressInUse.description == "address already in use (EADDRINUSE)")
        #expect(UVError(code: -98_765).name.contains("98765"))
        #expect(UVError(systemError: 2) == .noSuchFile)
    }
}
