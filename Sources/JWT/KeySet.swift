import COpenSSL
import JSON

/// The keys of whoever signs tokens, as they stand in one file: a secret, public keys as PEM, or a set as JSON (JWKS,
/// RFC 7517).
public struct KeySet: Sendable {
    let keys: [VerificationKey]
    /// What in the file was left out, each a sentence for the log.
    public let findings: [String]

    /// How many keys a file may have.
    static let limit = 64
    /// With how many keys a token that names none is tried: each costs a check.
    static let tries = 4

    public struct Failure: Error, Equatable, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// - Parameter file: what stands in it.
    public init(file: [UInt8]) throws(Failure) {
        var findings: [String] = []
        do throws(VerificationKey.Flaw) {
            keys =
                if file.drop(while: { $0.isBlank }).first == UInt8(ascii: "{") {
                    try Self.set(file, &findings)
                } else if Self.isPEM(file) {
                    try Self.pem(file)
                } else {
                    [try Self.secret(file)]
                }
        } catch {
            throw Failure(description: error.reason)
        }
        self.findings = findings
    }

    /// Whether whoever reads the file can sign tokens.
    public var isSecret: Bool {
        keys.contains { if case .secret = $0.kind { true } else { false } }
    }

    public var count: Int { keys.count }

    /// Checks a token.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: the name that it is for.
    public func name(in token: String, _ rules: TokenRules, at now: Double) throws(TokenFault) -> String {
        let token = try CompactToken(token)
        let fitting = keys.filter { key in
            token.algorithm.fits(key.kind) && (key.algorithm == nil || key.algorithm == token.algorithm.rawValue)
                && (token.keyID == nil || key.id == nil || key.id == token.keyID)
        }
        guard !fitting.isEmpty else { throw .noKey }
        guard fitting.prefix(Self.tries).contains(where: { $0.hasSigned(token) }) else { throw .signature }
        return try rules.subject(of: token.claims, at: now)
    }

    // MARK: A secret

    private static func secret(_ file: [UInt8]) throws(VerificationKey.Flaw) -> VerificationKey {
        var line = file[...]
        if line.last == 10 { line = line.dropLast() }
        if line.last == 13 { line = line.dropLast() }
        guard !line.isEmpty else { throw .init(reason: "it is empty") }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), String(validating: line, as: UTF8.self) != nil else {
            throw .init(reason: "it is neither PEM nor a set of keys as JSON nor one line of text, a secret")
        }
        // Everybody may know a public key, whatever it looks like: as a secret it would let everybody sign.
        guard !looksPublic(Array(line)) else {
            throw .init(reason: "it looks like a public key, but is no PEM: convert it (-----BEGIN PUBLIC KEY-----)")
        }
        return try .secret(Array(line))
    }

    private static func looksPublic(_ line: [UInt8]) -> Bool {
        if ["ssh-", "ecdsa-", "sk-ssh-"].contains(where: { line.starts(with: $0.utf8) }) { return true }
        // DER in base64, with either alphabet.
        var bytes = [UInt8](repeating: 0, count: line.count)
        let text = line.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? 0x2F : $0 }
        let padded = text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        let count = EVP_DecodeBlock(&bytes, padded, Int32(padded.count))
        ERR_clear_error()
        guard count > 0 else { return false }
        return bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            guard let key = d2i_PUBKEY(nil, &start, Int(count)) else {
                ERR_clear_error()
                return false
            }
            EVP_PKEY_free(key)
            return true
        }
    }

    // MARK: PEM

    private static func isPEM(_ file: [UInt8]) -> Bool {
        file.split(separator: 10).contains { $0.drop(while: { $0.isBlank }).starts(with: "-----BEGIN ".utf8) }
    }

    private static func pem(_ file: [UInt8]) throws(VerificationKey.Flaw) -> [VerificationKey] {
        let blocks = Self.blocks(of: file)
        guard !blocks.isEmpty else { throw .init(reason: "its PEM can't be read") }
        guard blocks.count <= limit else { throw .init(reason: "it has more than \(limit) keys") }
        var keys: [VerificationKey] = []
        for block in blocks {
            let key: OpaquePointer? = block.bytes.withUnsafeBufferPointer { buffer in
                var start = buffer.baseAddress
                defer { ERR_clear_error() }
                switch block.name {
                case "PUBLIC KEY": return d2i_PUBKEY(nil, &start, buffer.count)
                case "CERTIFICATE":
                    guard let certificate = d2i_X509(nil, &start, buffer.count) else { return nil }
                    defer { X509_free(certificate) }
                    return X509_get_pubkey(certificate)
                default: return nil
                }
            }
            guard let key else {
                let isPrivate = block.name.hasSuffix("PRIVATE KEY")
                throw .init(
                    reason: isPrivate
                        ? "it has a private key, and a node needs the public one alone (openssl pkey -pubout)"
                        : "a block of it, \(block.name), is no public key and no certificate that can be read")
            }
            defer { EVP_PKEY_free(key) }
            keys.append(try .publicKey(key))
        }
        return keys
    }

    private static func blocks(of file: [UInt8]) -> [(name: String, bytes: [UInt8])] {
        file.withUnsafeBytes { raw in
            guard let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count)) else { return [] }
            defer {
                BIO_free(bio)
                ERR_clear_error()
            }
            var found: [(name: String, bytes: [UInt8])] = []
            var (name, header): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
            var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
            while PEM_read_bio(bio, &name, &header, &bytes, &count) == 1 {
                found.append((String(cString: name!), Array(UnsafeBufferPointer(start: bytes, count: count))))
                // As OpenSSL's own macro does.
                for memory in [UnsafeMutableRawPointer(name), UnsafeMutableRawPointer(header)] {
                    CRYPTO_free(memory, nil, 0)
                }
                CRYPTO_clear_free(bytes, count, nil, 0)
                (name, header, bytes) = (nil, nil, nil)
            }
            return found
        }
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || (9...13).contains(self) }
}
