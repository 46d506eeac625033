import Foundation
import JSON
import Testing

@testable import JWT

@Suite struct `A file of keys for tokens` {
    private func failure(_ file: [UInt8]) -> String? {
        do {
            _ = try KeySet(file: file)
            return nil
        } catch {
            return error.description
        }
    }

    private func failure(_ text: String) -> String? { failure(Array(text.utf8)) }

    @Test func `may be a secret of one line`() throws {
        for end in ["", "\n", "\r\n"] {
            let keys = try KeySet(file: Vectors.secret + Array(end.utf8))
            #expect(keys.isSecret)
            #expect(try keys.name(in: Vectors.token("HS256"), TokenRules(), at: 1_800_000_000) == "anna")
        }
    }

    @Test func `may be public keys as PEM, several in one file, with other text between them`() throws {
        let file = Array("Keys of login.example\n".utf8) + Vectors.pem("rsa") + Array("\n".utf8) + Vectors.pem("p256")
        let keys = try KeySet(file: file + Vectors.pem("ed25519"))
        #expect(keys.count == 3)
        #expect(!keys.isSecret)
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            #expect(try keys.name(in: Vectors.token(algorithm), TokenRules(), at: 1_800_000_000) == "anna")
        }
    }

    @Test func `may be a set as JSON, and what isn't understood is left out and told`() throws {
        #expect(try KeySet(file: Vectors.set()).count == 3)
        let others = [
            #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, #"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
            #"{"kty":"future"}"#, #"{}"#, #"{"kty":"RSA","use":"enc","n":"AA","e":"AQAB"}"#,
            #"{"kty":"RSA","key_ops":["encrypt"],"n":"AA","e":"AQAB"}"#, #"{"kty":"RSA","alg":"RSA-OAEP","n":"AA"}"#,
        ]
        let first = String(decoding: Vectors.text(.object(Vectors.setKeys[0])), as: UTF8.self)
        let keys = try KeySet(file: Array(#"{"keys":[\#((others + [first]).joined(separator: ","))]}"#.utf8))
        #expect(keys.count == 1)
        #expect(keys.findings.count == others.count)
        #expect(failure(#"{"keys":[\#(others.joined(separator: ","))]}"#)?.contains("no key of it can be used") == true)
    }

    @Test func `with a private key is refused, since a node needs none`() {
        #expect(failure(Vectors.pem("private"))?.contains("private key") == true)
        #expect(failure(Vectors.set("private set"))?.contains("private key") == true)
        #expect(failure(Vectors.pem("rsa") + Vectors.pem("private"))?.contains("private key") == true)
    }

    @Test func `with a key that is too short, or of another curve, is refused`() {
        #expect(failure(Vectors.pem("short"))?.contains("1024 bits") == true)
        #expect(failure(Vectors.pem("koblitz"))?.contains("secp256k1") == true)
        #expect(failure("a short secret")?.contains("14 bytes") == true)
        #expect(failure(#"{"kty":"oct","k":"c2hvcnQ"}"#)?.contains("5 bytes") == true)
        #expect(failure(#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#)?.contains("17 bits") == true)
    }

    @Test func `with a point that is none is refused`() {
        var key = Vectors.setKeys[1]
        key["y"] = key["x"]
        #expect(failure(Vectors.text(.object(key)))?.contains("no point") == true)
        #expect(failure(#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#) != nil)
    }

    /// Otherwise everybody could sign with it.
    @Test func `with a public key that is no PEM isn't taken for a secret`() {
        let lines = String(decoding: Vectors.pem("rsa"), as: UTF8.self).split(separator: "\n")
        let base64 = lines.dropFirst().dropLast().joined()
        #expect(failure(base64)?.contains("public key") == true)
        #expect(
            failure(base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"))
                != nil)
        #expect(failure("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuZCBtb3JlIG9mIHRoaXMga2V5IGhlcmU anna@host") != nil)
        #expect(failure(Array(Data(base64Encoded: base64)!)) != nil)
    }

    @Test(arguments: [
        "", "\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN NOTHING-----\n",
        "two lines that are long enough\nto be a secret together, but aren't one", "{", "{}", #"{"keys":7}"#,
        #"{"keys":[7]}"#, #"{"keys":[]}"#, #"{"keys":[],"keys":[]}"#, #"{"kty":"oct"}"#, #"{"kty":"oct","k":"=!"}"#,
    ])
    func `of another kind is refused`(text: String) { #expect(failure(text) != nil) }

    @Test func `has a bound`() {
        let key = #"{"kty":"oct","k":"\#(String(repeating: "A", count: 64))"}"#
        let many = [String](repeating: key, count: KeySet.limit + 1).joined(separator: ",")
        #expect(failure(#"{"keys":[\#(many)]}"#)?.contains("more than \(KeySet.limit)") == true)
        let pems = [[UInt8]](repeating: Vectors.pem("p256"), count: KeySet.limit + 1).flatMap { $0 }
        #expect(failure(pems)?.contains("more than \(KeySet.limit)") == true)
    }
}
