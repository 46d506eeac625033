import COpenSSL

/// An authority of one's own, for trying TLS out and for networks that nobody else connects to: it signs certificates
/// for servers, and whoever is given its certificate believes them.
///
/// Keys are on the curve P-256 (FIPS 186-5), signatures are ECDSA with SHA-256.
public final class PrivateAuthority {
    private let certificate: OpaquePointer
    private let key: OpaquePointer

    /// How many days an authority, and a certificate that it signs, is valid.
    public static let days = 825

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// Makes an authority with a new key.
    public init(name: String) throws(TLSError) {
        ERR_clear_error()
        guard let key = coppice_ec_key() else { throw .library(libraryReason()) }
        guard
            let made = Self.certificate(
                of: key, named: name, issuer: nil, signedBy: key, days: Self.days,
                extensions: [
                    (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                    (NID_key_usage, "critical,keyCertSign,cRLSign"), (NID_subject_key_identifier, "hash"),
                ])
        else {
            EVP_PKEY_free(key)
            throw .library(libraryReason())
        }
        self.key = key
        certificate = made
    }

    /// The authority's certificate as PEM, for those who are to believe it.
    public func certificateText() throws(TLSError) -> [UInt8] {
        guard let text = PEM.writing({ PEM_write_bio_X509($0, certificate) == 1 }) else {
            throw .library(libraryReason())
        }
        return text
    }

    /// A new key with a certificate for a server that is reached under these names and addresses.
    public func identity(
        forHosts hosts: [String], days: Int = PrivateAuthority.days
    ) throws(TLSError) -> TLSContext.Identity {
        try identity(forHosts: hosts, days: days, purposes: "serverAuth")
    }

    /// A new key with a certificate for the links of a node, which takes some and makes others.
    public func identity(
        forNode host: String, days: Int = PrivateAuthority.days
    ) throws(TLSError) -> TLSContext.Identity {
        try identity(forHosts: [host], days: days, purposes: "serverAuth,clientAuth")
    }

    private func identity(
        forHosts hosts: [String], days: Int, purposes: String
    ) throws(TLSError) -> TLSContext.Identity {
        precondition(!hosts.isEmpty, "a certificate is for somebody")
        ERR_clear_error()
        for host in hosts where !Self.isHost(host) {
            throw .certificate("\"\(host)\" is no host name and no address")
        }
        guard let key = coppice_ec_key() else { throw .library(libraryReason()) }
        defer { EVP_PKEY_free(key) }
        let names = hosts.map { Self.isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
        return try identity(
            named: hosts[0], days: days, key: key,
            [(NID_ext_key_usage, purposes), (NID_subject_alt_name, names.joined(separator: ","))])
    }

    /// A new key with a certificate for a user, whose name it holds as the common name: 1 to 64 bytes (RFC 5280,
    /// appendix A).
    public func identity(
        forUser name: String, days: Int = PrivateAuthority.days
    ) throws(TLSError) -> TLSContext.Identity {
        ERR_clear_error()
        guard (1...Self.commonNameBytes).contains(name.utf8.count) else {
            throw .certificate("a name in a certificate has 1 to \(Self.commonNameBytes) bytes")
        }
        guard let key = coppice_ec_key() else { throw .library(libraryReason()) }
        defer { EVP_PKEY_free(key) }
        return try identity(named: name, days: days, key: key, [(NID_ext_key_usage, "clientAuth")])
    }

    private static let commonNameBytes = 64

    private func identity(
        named name: String, days: Int, key: OpaquePointer, _ purpose: [(id: Int32, value: String)]
    ) throws(TLSError) -> TLSContext.Identity {
        guard
            let made = Self.certificate(
                of: key, named: name, issuer: certificate, signedBy: self.key, days: days,
                extensions: [
                    (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                    (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid:always"),
                ] + purpose)
        else { throw .library(libraryReason()) }
        defer { X509_free(made) }
        guard
            let chain = PEM.writing({ PEM_write_bio_X509($0, made) == 1 }),
            let keyText = PEM.writing({ PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) == 1 })
        else { throw .library(libraryReason()) }
        return TLSContext.Identity(chain: chain, key: keyText)
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let address = a2i_IPADDRESS(text) else {
            ERR_clear_error()
            return false
        }
        ASN1_OCTET_STRING_free(address)
        return true
    }

    /// Whether a text is an address, or letters, digits, hyphens and dots with at most one leading "*.": nothing that
    /// would mean more in OpenSSL's text form of names, such as a comma.
    private static func isHost(_ text: String) -> Bool {
        if isAddress(text) { return true }
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        return (1...253).contains(name.utf8.count)
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy { byte in
                        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D
                    }
            }
    }

    /// A signed certificate, which the caller owns. Without an issuer it is its own.
    private static func certificate(
        of key: OpaquePointer, named name: String, issuer: OpaquePointer?, signedBy signer: OpaquePointer, days: Int,
        extensions: [(id: Int32, value: String)]
    ) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        var isDone = false
        defer { if !isDone { X509_free(certificate) } }
        // 127 bits, so that it is never negative: RFC 5280, section 4.1.2.2, allows up to 20 bytes.
        guard let serial = BN_new() else { return nil }
        defer { BN_free(serial) }
        let subject = X509_get_subject_name(certificate)
        let common = Array(name.utf8.prefix(commonNameBytes))
        guard
            BN_rand(serial, 127, 0, 0) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil,
            X509_set_version(certificate, 2) == 1,
            // An hour back, for machines whose clocks are behind.
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil,
            X509_time_adj_ex(X509_getm_notAfter(certificate), Int32(days), 0, nil) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_NID(
                subject, NID_commonName, V_ASN1_UTF8STRING, common, Int32(common.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0) } ?? subject) == 1
        else { return nil }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer ?? certificate, certificate, nil, nil, 0)
        for (id, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, id, value) else { return nil }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(certificate, made, -1) == 1 else { return nil }
        }
        guard X509_sign(certificate, signer, EVP_sha256()) > 0 else { return nil }
        isDone = true
        return certificate
    }
}
