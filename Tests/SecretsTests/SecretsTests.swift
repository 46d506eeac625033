import Testing

@testable import Secrets

@Suite struct `A hash of a secret` {
    let cheap = HashCost(operations: 1, memoryBytes: 8192)

    @Test func `fits its secret and no other`() throws {
        let hash = try PasswordHash.make(secret: "s3cret", cost: cheap)
        #expect(hash.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
        #expect(PasswordHash.verify(secret: "s3cret", against: hash))
        #expect(!PasswordHash.verify(secret: "s3creT", against: hash))
        #expect(!PasswordHash.verify(secret: "", against: hash))
        let empty = try PasswordHash.make(secret: "", cost: cheap)
        #expect(PasswordHash.verify(secret: "", against: empty))
        #expect(!PasswordHash.verify(secret: "x", against: empty))
        let zero = try PasswordHash.make(secret: [1, 0, 2], cost: cheap)
        #expect(!PasswordHash.verify(secret: [1, 0, 3], against: zero))
    }

    @Test func `is different each time`() throws {
        #expect(try PasswordHash.make(secret: "x", cost: cheap) != PasswordHash.make(secret: "x", cost: cheap))
    }

    @Test func `has the recommended cost by default`() throws {
        let hash = try PasswordHash.make(secret: "x")
        #expect(PasswordHash.cost(of: hash) == HashCost())
        #expect(hash.contains("m=19456,t=2,p=1"))
        #expect(PasswordHash.verify(secret: "x", against: hash))
        let dummy = PasswordHash.dummy()
        #expect(PasswordHash.cost(of: dummy) == HashCost())
        #expect(!PasswordHash.verify(secret: "x", against: dummy))
        // It costs as much as a real hash: libsodium doesn't refuse its form before it computes anything.
        #expect(PasswordHash.isComputed(dummy))
        #expect(!PasswordHash.isComputed(String(dummy.dropLast()) + "!"))
    }

    @Test func `from elsewhere is not trusted`() throws {
        let hash = try PasswordHash.make(secret: "x", cost: cheap)
        for bad in [
            "", "$", "$$$$$", "x", String(hash.dropLast(3)), hash + "A", String(repeating: "$", count: 500),
            hash.replacing("m=8", with: "m=4194304"), hash.replacing("t=1", with: "t=1000000"),
            hash.replacing("m=8", with: "m=99999999999999999999"), hash.replacing("t=1", with: "t=0"),
            hash.replacing("m=8", with: "m=-8"), hash.replacing("m=8", with: "m="), hash.replacing("p=1", with: "p=2"),
            hash.replacing("argon2id", with: "argon2i"),
        ] {
            #expect(!PasswordHash.verify(secret: "x", against: bad), "\(bad)")
        }
    }

    @Test func `from elsewhere is checked only where that costs a fraction of a second`() {
        func hash(_ memory: Int, _ passes: Int) -> String {
            "$argon2id$v=19$m=\(memory),t=\(passes),p=1$c2FsdG9mbm9ib2R5ITEyMw$"
                + "n0b0dyKnowsTheSecretOfThisHash0123456789ABA"
        }
        // What OWASP and RFC 9106 recommend.
        for (memory, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5), (65_536, 3)] {
            #expect(PasswordHash.isChecked(hash(memory, passes)), "\(memory), \(passes)")
        }
        for (memory, passes) in [(262_144, 16), (65_537, 1), (65_536, 4), (7_168, 6)] {
            #expect(!PasswordHash.isChecked(hash(memory, passes)), "\(memory), \(passes)")
        }
    }
}

@Suite struct `The key of resume tokens` {
    @Test func `is the same for all who know the network's secret, and another for others`() throws {
        let text = Array("text".utf8)
        let code = try TokenKey(networkSecret: "secret").code(of: text)
        #expect(code.count == 32)
        #expect(try TokenKey(networkSecret: "secret").code(of: text) == code)
        #expect(try TokenKey(networkSecret: "secreT").code(of: text) != code)
        #expect(try TokenKey(networkSecret: "").code(of: text) != code)
        #expect(try TokenKey(networkSecret: "secret").code(of: text + [0]) != code)
    }
}

@Suite struct `Secrets` {
    @Test func `are compared`() {
        #expect(constantTimeEqual("abc", "abc"))
        #expect(constantTimeEqual("", ""))
        #expect(!constantTimeEqual("abc", "abd"))
        #expect(!constantTimeEqual("abc", "abcd"))
        #expect(!constantTimeEqual("", "a"))
        #expect(!constantTimeEqual("\u{e9}", "e\u{301}"))
        #expect(constantTimeEqual([UInt8](repeating: 7, count: 100_000), [UInt8](repeating: 7, count: 100_000)))
    }

    @Test func `are random`() {
        let tokens = (0..<1000).map { _ in randomToken() }
        #expect(Set(tokens).count == 1000)
        #expect(tokens.allSatisfy { $0.utf8.count == 26 })
        #expect(Set(tokens.joined()) == Set("abcdefghijklmnopqrstuvwxyz234567"))
        #expect(randomBytes(0) == [])
        #expect(randomBytes(33).count == 33)
        #expect(Set((0..<1000).map { _ in randomUInt64() }).count == 1000)
    }
}

@Suite("A public name") struct PublicNameTests {
    @Test func isTheSameForTheSameTokenAndTellsNothingAboutIt() {
        let name = PublicName.of("token")
        #expect(name == PublicName.of("token"))
        #expect(name != PublicName.of("tokeo"))
        #expect(name.utf8.count == 26)
        #expect(name.utf8.allSatisfy { Array("abcdefghijklmnopqrstuvwxyz234567".utf8).contains($0) })
    }
}
