import CJOSE
import JSON

/// A token in its compact form (RFC 7515, section 7.1), taken apart. Nothing of it is believed yet.
///
/// ```
///   eyJhbGciOiJIUzI1NiJ9 . eyJzdWIiOiJhbm5hIn0 . c2lnbmF0dXJl       each part in base64 for addresses
///   └──── header ──────┘   └──── claims ─────┘   └ signature ┘
///   └──────────────── signed ────────────────┘
/// ```
struct CompactToken {
    let text: [UInt8]
    /// The length of what is signed.
    private let signedCount: Int
    let algorithm: Algorithm
    /// The name of the key; nil if the token names none.
    let keyID: String?
    /// The text of the claims.
    let claims: [UInt8]
    let signature: [UInt8]

    /// What is signed.
    var signed: [UInt8] { Array(text[..<signedCount]) }

    init(_ string: String) throws(TokenFault) {
        text = Array(string.utf8)
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.decoded(parts[0]), let claims = Self.decoded(parts[1]),
            let signature = Self.decoded(parts[2])
        else { throw .malformed }
        signedCount = parts[0].count + 1 + parts[1].count
        (self.claims, self.signature) = (claims, signature)
        let fields: JSONMembers
        do {
            // No key stands there twice, so that no two readers read two headers.
            fields = try JSONObject(parsing: header, depthLimit: 4).members
        } catch {
            throw .malformed
        }
        guard let name = fields["alg"]?.string, let algorithm = Algorithm(rawValue: name) else { throw .algorithm }
        // What has to be understood isn't (RFC 7515, section 4.1.11).
        guard fields["crit"] == nil else { throw .critical }
        self.algorithm = algorithm
        if let id = fields["kid"] {
            guard let id = id.string else { throw .malformed }
            keyID = id
        } else {
            keyID = nil
        }
    }

    /// The bytes of a text in base64 for addresses, without padding (RFC 7515, section 2); nil if it is none.
    static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = Array(text)
        let isAllowed = text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isAllowed, text.count % 4 != 1 else { return nil }
        guard !text.isEmpty else { return [] }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let isRead = text.withUnsafeBytes {
            cjose_base64url_decode($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &bytes, &count, nil)
        }
        guard isRead, let bytes else { return nil }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
