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
}
