import CJOSE
import COpenSSL

/// A key by which signatures are checked.
final class VerificationKey {
    let kind: KeyKind
    /// The name that tokens call it by; nil if it has none.
    let id: String?
    /// The only algorithm that it is for; nil for all that fit.
    let algorithm: String?
    private let handle: Handle

    private enum Handle {
        /// A key of libcjose.
        case jose(OpaquePointer)
        /// A key of OpenSSL, for what libcjose doesn't know.
        case openssl(OpaquePointer)
    }

    private init(_ kind: KeyKind, _ handle: Handle, id: String?, algorithm: String?) {
        self.kind = kind
        self.handle = handle
        self.id = id
        self.algorithm = algorithm
    }

    deinit {
        switch handle {
        case .jose(let key): cjose_jwk_release(key)
        case .openssl(let key): EVP_PKEY_free(key)
        }
    }

    /// The shortest RSA key in bits (RFC 7518, section 3.3).
    static let leastBits = 2048
    /// The longest: a check of such a signature takes a millisecond.
    static let mostBits = 8192
    /// The shortest secret in bytes: the shortest for any algorithm.
    static let leastSecretBytes = 32

    /// Why there is no key.
    struct Flaw: Error, Equatable {
        let reason: String
    }

    // MARK: Made of numbers

    static func secret(
        _ bytes: [UInt8], id: String? = nil, algorithm: String? = nil
    ) throws(Flaw) -> VerificationKey {
        guard bytes.count >= leastSecretBytes else {
            throw Flaw(
                reason: "a secret for HMAC has \(bytes.count) bytes: \(leastSecretBytes) are the least that is safe")
        }
        guard let key = cjose_jwk_create_oct_spec(bytes, bytes.count, nil) else {
            throw Flaw(reason: "the library takes no such secret")
        }
        return VerificationKey(.secret(bytes: bytes.count), .jose(key), id: id, algorithm: algorithm)
    }

    static func rsa(
        modulus: [UInt8], exponent: [UInt8], id: String? = nil, algorithm: String? = nil
    ) throws(Flaw) -> VerificationKey {
        let significant = modulus.drop { $0 == 0 }
        let bits = significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
        guard (leastBits...mostBits).contains(bits) else {
            throw Flaw(reason: "an RSA key has \(bits) bits: \(leastBits) to \(mostBits) are taken")
        }
        var (modulus, exponent) = (modulus, exponent)
        let key = modulus.withUnsafeMutableBufferPointer { modulus in
            exponent.withUnsafeMutableBufferPointer { exponent in
                var spec = cjose_jwk_rsa_keyspec()
                (spec.n, spec.nlen) = (modulus.baseAddress, modulus.count)
                (spec.e, spec.elen) = (exponent.baseAddress, exponent.count)
                return cjose_jwk_create_RSA_spec(&spec, nil)
            }
        }
        guard let key else { throw Flaw(reason: "an RSA key is none") }
        return VerificationKey(.rsa, .jose(key), id: id, algorithm: algorithm)
    }

    static func curve(
        _ curve: KeyKind.Curve, x: [UInt8], y: [UInt8], id: String? = nil, algorithm: String? = nil
    ) throws(Flaw) -> VerificationKey {
        var (x, y) = (x, y)
        let key = x.withUnsafeMutableBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                var spec = cjose_jwk_ec_keyspec()
                spec.crv =
                    switch curve {
                    case .p256: CJOSE_JWK_EC_P_256
                    case .p384: CJOSE_JWK_EC_P_384
                    case .p521: CJOSE_JWK_EC_P_521
                    }
                (spec.x, spec.xlen) = (x.baseAddress, x.count)
                (spec.y, spec.ylen) = (y.baseAddress, y.count)
                return cjose_jwk_create_EC_spec(&spec, nil)
            }
        }
        guard let key else { throw Flaw(reason: "a key is no point of the curve \(curve.rawValue)") }
        return VerificationKey(.curve(curve), .jose(key), id: id, algorithm: algorithm)
    }

    static func ed25519(
        _ bytes: [UInt8], id: String? = nil, algorithm: String? = nil
    ) throws(Flaw) -> VerificationKey {
        guard bytes.count == 32, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            throw Flaw(reason: "an Ed25519 key is none")
        }
        return VerificationKey(.ed25519, .openssl(key), id: id, algorithm: algorithm)
    }

    // MARK: Made by OpenSSL

    /// - Parameter key: a public key of OpenSSL; the caller keeps it.
    static func publicKey(_ key: OpaquePointer) throws(Flaw) -> VerificationKey {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            guard let modulus = number("n", of: key), let exponent = number("e", of: key) else { break }
            return try rsa(modulus: modulus, exponent: exponent)
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1,
                let x = number("qx", of: key), let y = number("qy", of: key)
            else { break }
            let group = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            switch group {
            case "prime256v1": return try curve(.p256, x: x, y: y)
            case "secp384r1": return try curve(.p384, x: x, y: y)
            case "secp521r1": return try curve(.p521, x: x, y: y)
            default: throw Flaw(reason: "a key is of the curve \(group): P-256, P-384 and P-521 are taken")
            }
        case EVP_PKEY_ED25519:
            var bytes = [UInt8](repeating: 0, count: 32)
            var length = bytes.count
            guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1, length == 32 else { break }
            return try ed25519(bytes)
        default: throw Flaw(reason: "a key is of another kind than RSA, ECDSA and Ed25519")
        }
        throw Flaw(reason: "a key can't be read")
    }

    private static func number(_ name: String, of key: OpaquePointer) -> [UInt8]? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { return nil }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
        return BN_bn2bin(number, &bytes) == Int32(bytes.count) ? bytes : nil
    }

    // MARK: Checking

    /// Whether the key's owner has signed a token. The algorithm fits the key.
    func hasSigned(_ token: CompactToken) -> Bool {
        switch handle {
        case .jose(let key):
            let text = token.text
            return text.withUnsafeBytes { bytes in
                guard
                    let jws = cjose_jws_import(
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, nil)
                else { return false }
                defer { cjose_jws_release(jws) }
                return cjose_jws_verify(jws, key, nil)
            }
        case .openssl(let key):
            guard let context = EVP_MD_CTX_new() else { return false }
            defer {
                EVP_MD_CTX_free(context)
                ERR_clear_error()
            }
            let signed = token.signed
            return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
                && EVP_DigestVerify(context, token.signature, token.signature.count, signed, signed.count) == 1
        }
    }
}

/// Nothing in it changes once it is made. Both libraries read a key while they check a signature, and guard what they
/// remember of it by locks of their own.
extension VerificationKey: @unchecked Sendable {}
