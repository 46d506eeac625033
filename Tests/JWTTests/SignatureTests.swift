import COpenSSL
import Foundation
import JSON
import Testing

@testable import JWT

@Suite struct `The signature of a token` {
    private static let algorithms = Algorithm.allCases.map(\.rawValue)

    private func verdict(_ token: String, _ file: [UInt8]) throws -> TokenFault? {
        let keys = try KeySet(file: file)
        do {
            #expect(try keys.name(in: token, TokenRules(), at: 1_800_000_000) == "anna")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: algorithms) func `is right if PyJWT has made it with the key`(algorithm: String) throws {
        #expect(try verdict(Vectors.token(algorithm), Vectors.file(for: algorithm)) == nil)
    }

    @Test(arguments: algorithms) func `is wrong once a bit has changed, anywhere`(algorithm: String) throws {
        let token = Array(Vectors.token(algorithm).utf8)
        let keys = try KeySet(file: Vectors.file(for: algorithm))
        let firstDot = token.firstIndex(of: 46)!
        let lastDot = token.lastIndex(of: 46)!
        // Not the last characters of the parts: some of their bits are no bits of the bytes.
        for place in [firstDot + 2, lastDot - 3, lastDot + 1, lastDot + 9, token.count - 3] {
            var changed = token
            changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: TokenFault.self) {
                try keys.name(in: String(decoding: changed, as: UTF8.self), TokenRules(), at: 1_800_000_000)
            }
        }
    }

    @Test(arguments: algorithms) func `is of no use with the keys of other kinds`(algorithm: String) throws {
        let own = Vectors.file(for: algorithm)
        for file in [Vectors.secret] + ["rsa", "p256", "p384", "p521", "ed25519"].map(Vectors.pem) where file != own {
            #expect(try verdict(Vectors.token(algorithm), file) == .noKey)
        }
    }

    private func part(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    private static let claims = #"{"sub":"anna","exp":4102444800}"#

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS1", "hs256", "RS256 ", "dir", "A256GCM"])
    func `of no algorithm that is taken is refused, and none is none`(algorithm: String) throws {
        for file in [Vectors.secret, Vectors.pem("rsa"), Vectors.set()] {
            for signature in ["", part("anything")] {
                let header = part(#"{"alg":"\#(algorithm)","typ":"JWT"}"#)
                #expect(try verdict("\(header).\(part(Self.claims)).\(signature)", file) == .algorithm)
            }
        }
        // With an empty signature under a right algorithm, too.
        for algorithm in ["HS256", "RS256", "ES256", "EdDSA"] {
            let header = part(#"{"alg":"\#(algorithm)"}"#)
            #expect(try verdict("\(header).\(part(Self.claims)).", Vectors.file(for: algorithm)) != nil)
        }
    }

    /// The text of a public key is known to everybody. A checker that takes it for the secret of an HMAC because the
    /// token says so lets everybody in (CVE-2015-9235).
    @Test(arguments: ["rsa", "p256", "p384", "p521", "ed25519"])
    func `by HMAC with the text of a public key is refused`(name: String) throws {
        let file = Vectors.pem(name)
        let trimmed = Array(file.prefix { _ in true }.dropLast())
        for secret in [file, trimmed] {
            let signed = part(#"{"alg":"HS256","typ":"JWT"}"#) + "." + part(Self.claims)
            let token = signed + "." + Self.hmac(signed, secret)
            // The token itself is sound: with that text as a secret it would be right.
            if let key = try? VerificationKey.secret(secret) { #expect(key.hasSigned(try CompactToken(token))) }
            #expect(try verdict(token, file) == .noKey)
        }
    }

    private static func hmac(_ text: String, _ secret: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        let bytes = Array(text.utf8)
        HMAC(EVP_sha256(), secret, Int32(secret.count), bytes, bytes.count, &digest, &count)
        return Data(digest).base64EncodedString().replacingOccurrences(of: "=", with: "")
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    @Test func `is looked for with the key that the token names, and with keys that have no name`() throws {
        for name in ["r", "e", "d"] { #expect(try verdict(Vectors.token(named: name), Vectors.set()) == nil) }
        #expect(try verdict(Vectors.token("RS256"), Vectors.set()) == nil)
        #expect(try verdict(Vectors.token(named: "r"), Vectors.pem("rsa")) == nil)
        var renamed = Vectors.setKeys[0]
        renamed["kid"] = .string("other")
        let set = Vectors.text(.object(renamed))
        #expect(try verdict(Vectors.token(named: "r"), set) == .noKey)
        #expect(try verdict(Vectors.token("RS256"), set) == nil)
    }

    @Test func `is taken by the algorithm of the key alone, if the key has one`() throws {
        var key = Vectors.setKeys[0]
        key["alg"] = .string("RS512")
        #expect(try verdict(Vectors.token("RS256"), Vectors.text(.object(key))) == .noKey)
        #expect(try verdict(Vectors.token("RS512"), Vectors.text(.object(key))) == nil)
    }

    @Test func `is tried with a few keys alone where the token names none`() throws {
        var others = [JSONValue](repeating: .object(Vectors.setKeys[1]), count: 0)
        for index in 0..<KeySet.tries {
            // Each is a right key, and none of them is the signer's.
            var key = Vectors.setKeys[0]
            let modulus = Array(key["n"]!.string!.utf8)
            var changed = modulus
            changed[100 + index] = changed[100 + index] == 65 ? 66 : 65
            key["n"] = .string(String(decoding: changed, as: UTF8.self))
            key["kid"] = .string("\(index)")
            others.append(.object(key))
        }
        let set = JSONMembers(unique: [.init(key: "keys", value: .array(others + [.object(Vectors.setKeys[0])]))])
        #expect(try verdict(Vectors.token("RS256"), Vectors.text(.object(set))) == .signature)
        #expect(try verdict(Vectors.token(named: "r"), Vectors.text(.object(set))) == nil)
    }

    @Test(arguments: [
        "", ".", "..", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9.e30", "eyJ.e30.x=", "e30.e30.", "W10.e30.", "eyJ a.e30.",
        "eyJhbGciOjF9.e30.", "eyJhbGciOiJIUzI1NiIsImFsZyI6Im5vbmUifQ.e30.", "eyJhbGciOiJIUzI1NiIsImtpZCI6MX0.e30.AA",
    ])
    func `isn't looked at in what is no token`(text: String) throws {
        #expect(throws: TokenFault.self) { try CompactToken(text) }
    }

    @Test func `isn't looked at if the token has what must be understood`() {
        let header = part(#"{"alg":"HS256","crit":["exp"],"exp":1}"#)
        #expect(throws: TokenFault.critical) { try CompactToken("\(header).\(part(Self.claims)).AAAA") }
    }
}
