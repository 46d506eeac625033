/// How a token is signed (RFC 7518, section 3.1; RFC 8037), as its header says it.
///
/// The header is the sender's, so it chooses nothing: each key serves the algorithms of its own kind alone, and `none`
/// is no algorithm. Otherwise the text of a public key, which everybody knows, would do as the secret of an HMAC.
enum Algorithm: String, CaseIterable {
    case hmac256 = "HS256"
    case hmac384 = "HS384"
    case hmac512 = "HS512"
    case rsa256 = "RS256"
    case rsa384 = "RS384"
    case rsa512 = "RS512"
    case pss256 = "PS256"
    case pss384 = "PS384"
    case pss512 = "PS512"
    case ecdsa256 = "ES256"
    case ecdsa384 = "ES384"
    case ecdsa512 = "ES512"
    case eddsa = "EdDSA"

    func fits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        // A key has at least as many bits as the hash (RFC 7518, section 3.2).
        case (.hmac256, .secret(let bytes)): bytes >= 32
        case (.hmac384, .secret(let bytes)): bytes >= 48
        case (.hmac512, .secret(let bytes)): bytes >= 64
        case (.rsa256, .rsa), (.rsa384, .rsa), (.rsa512, .rsa), (.pss256, .rsa), (.pss384, .rsa), (.pss512, .rsa):
            true
        case (.ecdsa256, .curve(.p256)), (.ecdsa384, .curve(.p384)), (.ecdsa512, .curve(.p521)): true
        case (.eddsa, .ed25519): true
        default: false
        }
    }
}

/// What a key is.
enum KeyKind: Equatable {
    /// Shared with whoever signs.
    case secret(bytes: Int)
    case rsa
    case curve(Curve)
    case ed25519

    enum Curve: String {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"
    }
}
