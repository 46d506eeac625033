import Foundation
import JSON

@testable import JWT

/// Keys, and tokens that PyJWT has signed with them for anna, up to the year 2100 (vectors.py).
enum Vectors {
    private static let all: JSONMembers = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("vectors.json")
        let bytes = [UInt8](try! Data(contentsOf: path))
        return try! JSONObject(parsing: bytes).members
    }()

    static var secret: [UInt8] { Array(all["secret"]!.string!.utf8) }

    static func pem(_ name: String) -> [UInt8] { Array(all["pem"]!.object![name]!.string!.utf8) }

    /// A set of keys as JSON.
    static func set(_ name: String = "set") -> [UInt8] { text(all[name]!) }

    /// The keys of the set, one by one.
    static var setKeys: [JSONMembers] { all["set"]!.object!["keys"]!.array!.map { $0.object! } }

    static func text(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        value.encode(into: &bytes)
        return bytes
    }

    static func token(_ algorithm: String) -> String { all["tokens"]!.object![algorithm]!.string! }

    /// A token that names its key.
    static func token(named key: String) -> String { all["named"]!.object![key]!.string! }

    /// The file that has the key of an algorithm.
    static func file(for algorithm: String) -> [UInt8] {
        switch algorithm {
        case "ES256": pem("p256")
        case "ES384": pem("p384")
        case "ES512": pem("p521")
        case "EdDSA": pem("ed25519")
        case _ where algorithm.hasPrefix("HS"): secret
        default: pem("rsa")
        }
    }
}
