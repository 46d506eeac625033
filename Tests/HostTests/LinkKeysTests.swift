import Foundation
import TLS
import Testing
import Tree
import UV

@testable import Host

@Suite("The keys of links", .serialized)
struct LinkKeysTests {
    @Test("keys of many secrets are derived one at a time, and the oldest are forgotten")
    func bounded() throws {
        let loop = try Loop()
        let keys = try LinkKeys(on: loop, kept: 2)
        keys.accept([Secret("own")])
        #expect(!keys.areReady)
        var ready: [String] = []
        for secret in ["own", "a", "b", "b", "c"] {
            keys.prepare(Secret(secret)) { context in
                #expect(context != nil && keys.areReady)
                // Another one is derived only when this one is there.
                #expect(keys.count <= 2)
                ready.append(secret)
            }
        }
        #expect(ready.isEmpty, "nobody waits on the loop")
        loop.run()
        #expect(ready == ["own", "a", "b", "b", "c"])
        #expect(keys.accepted.count == 1)
        keys.prepare(Secret("c")) { _ in ready.append("at once") }
        #expect(ready.last == "at once")
        keys.close()
        loop.close()
    }

    @Test("links get the node's certificate, and clocks don't")
    func certified() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("link-keys-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try PrivateAuthority(name: "of nodes")
        func write(_ bytes: [UInt8], _ name: String) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            return "\(folder)/\(name)"
        }
        let identity = try authority.identity(forNode: "localhost")
        let files = TLSFiles(
            linkCertificate: try write(identity.chain, "node.pem"), key: try write(identity.key, "node.key"),
            authorities: try write(authority.certificateText(), "authority.pem"))
        let loop = try Loop()
        let certificates = try Certificates(files, for: "localhost")
        let keys = try LinkKeys(on: loop, certificates: certificates)
        keys.accept([Secret("own")])
        loop.run()
        var made: [TLSContext] = []
        keys.prepareLink(Secret("own")) { made += [$0].compactMap(\.self) }
        keys.prepareLink(Secret("own")) { made += [$0].compactMap(\.self) }
        keys.prepare(Secret("own")) { made += [$0].compactMap(\.self) }
        #expect(made.count == 3)
        #expect(made[0] === made[1] && made[0].expires == certificates.context.expires)
        #expect(made[0] !== made[2] && made[2].expires == nil)
        keys.close()
        loop.close()
    }
}
