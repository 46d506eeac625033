import TLS
import Testing

@Suite struct `The first bytes of a connection` {
    @Test(
        arguments: [
            ([0x16, 3, 1], FirstBytes.tls), ([0x16, 3, 3, 0], .tls), ([0x16, 3, 4], .tls), ([0x16], .undecided),
            ([0x16, 3], .undecided), ([], .undecided), ([0x16, 3, 0x7B], .other), ([0x16, 2, 1], .other),
            ([0x7B], .other), ([0, 20, 0x7B], .other), ([0x16, 4], .other),
        ] as [([UInt8], FirstBytes)])
    func `tell TLS from lines, and from a length of 5,635 bytes`(bytes: [UInt8], verdict: FirstBytes) {
        #expect(FirstBytes(bytes) == verdict)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", "PRI"])
    func `tell HTTP by its methods`(method: String) {
        #expect(FirstBytes(Array("\(method) / HTTP/1.1".utf8)) == .http)
        #expect(FirstBytes(Array(method.utf8.prefix(2))) == .undecided)
        #expect(FirstBytes(Array("{\"command\":\"\(method)\"}".utf8)) == .other)
    }
}
