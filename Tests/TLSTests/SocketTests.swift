import Foundation
import Testing

@testable import TLS

/// OpenSSL's own program, over a TCP connection, against the filter: what it sends isn't what the filter made.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct `OpenSSL's program over a socket` {
    /// Accepts one connection, serves it with a filter, and tells what was heard before the end.
    private func serve(_ context: TLSContext, to arguments: [String]) throws -> (heard: String, proved: Bool) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        program.arguments =
            ["s_client", "-connect", "127.0.0.1:\(UInt16(bigEndian: address.sin_port))", "-quiet", "-no_ign_eof"]
            + arguments
        let typed = Pipe()
        program.standardInput = typed
        program.standardOutput = FileHandle.nullDevice
        program.standardError = FileHandle.nullDevice
        try program.run()
        defer { program.waitUntilExit() }
        // Nothing here waits for longer than this for the other side.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connection = accept(listener, nil, nil)
        try #require(connection >= 0)
        defer { close(connection) }
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        typed.fileHandleForWriting.write(Data("hello, node\n".utf8))
        let filter = try Side(context)
        var heard: [UInt8] = []
        var proved = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !heard.contains(10) {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { break }
            filter.receive(Array(buffer[..<count]))
            heard += filter.takeText()
            proved = proved || filter.filter.provedLinkKey
            let output = filter.takeOutput()
            if !output.isEmpty { send(connection, output, output.count, Int32(MSG_NOSIGNAL)) }
            if reason(filter) != nil { break }
        }
        typed.fileHandleForWriting.closeFile()
        return (String(decoding: heard, as: UTF8.self), proved)
    }

    @Test(arguments: ["-tls1_3", "-tls1_2"])
    func `is understood with a certificate`(version: String) throws {
        let authority = try PrivateAuthority(name: "for tests")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("authority-\(UUID()).pem")
        try Data(authority.certificateText()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let context = try TLSContext(accepting: authority.identity(forHosts: ["127.0.0.1"]))
        let (heard, proved) = try serve(
            context, to: [version, "-CAfile", file.path, "-verify_return_error", "-verify_ip", "127.0.0.1"])
        #expect(heard == "hello, node\n")
        #expect(!proved)
    }

    @Test func `is refused with a version that is too old`() throws {
        let authority = try PrivateAuthority(name: "for tests")
        let context = try TLSContext(accepting: authority.identity(forHosts: ["127.0.0.1"]))
        #expect(try serve(context, to: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]).heard == "")
    }

    @Test func `is let in with the key of links, and with no other`() throws {
        let key = LinkKey(secret: "the network's secret")
        let context = try TLSContext(accepting: nil, linkKeys: [key])
        let name = String(decoding: key.identity, as: UTF8.self)
        func options(_ bytes: [UInt8]) -> [String] {
            let digits = bytes.map { String(format: "%02x", $0) }.joined()
            return [
                "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-psk_identity", name, "-psk", digits,
            ]
        }
        let (heard, proved) = try serve(context, to: options(key.bytes))
        #expect(heard == "hello, node\n")
        #expect(proved)
        let (nothing, isProved) = try serve(context, to: options(key.bytes.reversed()))
        #expect(nothing == "")
        #expect(!isProved)
    }
}
