import COpenSSL
import Glibc

/// What all connections of one kind have in common: certificates, authorities, keys of links.
///
/// TLS 1.3 and 1.2, without renegotiation, compression, session tickets and a cache of sessions: so a session that was
/// taken up is one whose peer proved a `LinkKey`, and nothing else.
public final class TLSContext {
    /// Whom a client believes.
    public enum Trust: Sendable {
        /// The authorities of the machine.
        case system
        /// These authorities alone, as PEM.
        case authorities([UInt8])
        /// Anybody: the connection is encrypted, and nobody knows to whom.
        case anybody
        /// Nobody who shows a certificate: only who knows the key.
        case link(LinkKey)
    }

    /// A certificate with those that lead from it to its authority, and its private key, both as PEM.
    public struct Identity {
        public let chain: [UInt8]
        public let key: [UInt8]

        public init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    let pointer: OpaquePointer
    let accepts: Bool
    /// Keys that the accepting side takes, or the one that the connecting side shows. New connections take new ones.
    public var linkKeys: [LinkKey]
    /// What a connection goes on with whose other side offers a link with certificates; nil takes none.
    public var links: TLSContext?
    /// Whether the key is proved inside, after certificates were shown.
    let provesInside: Bool
    /// Whether who is connected to has to show a certificate that is believed, and for the right name.
    let checksName: Bool

    /// Whether who connects may show a certificate.
    let asksForCertificates: Bool
    /// When the certificate that is shown ends, in seconds since 1970.
    public private(set) var expires: Int64?

    /// What is under way in a call to one of the connections. They all share it.
    let wire: UnsafeMutablePointer<coppice_wire>
    let wireMethod: OpaquePointer

    /// The identity of the key that is shown, at a place that doesn't move: OpenSSL copies it after its callback.
    let identityBytes: UnsafePointer<UInt8>

    deinit {
        SSL_CTX_free(pointer)
        identityBytes.deallocate()
        coppice_wire_free(wire)
        wire.deallocate()
        BIO_meth_free(wireMethod)
    }

    convenience init(
        accepts: Bool, linkKeys: [LinkKey], checksName: Bool, asksForCertificates: Bool = false
    ) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(accepts ? TLS_server_method() : TLS_client_method()) else {
            throw .library(libraryReason())
        }
        try self.init(
            pointer, accepts: accepts, linkKeys: linkKeys, checksName: checksName,
            asksForCertificates: asksForCertificates)
        coppice_ssl_modes(pointer)
        guard coppice_ssl_versions(pointer, TLS1_2_VERSION) == 1,
            // TLS 1.2: forward secrecy and authenticated encryption only.
            SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else { throw .library(libraryReason()) }
        SSL_CTX_set_num_tickets(pointer, 0)
    }

    /// The same as a context of a node that connects for links with certificates, and proves a key.
    public convenience init(_ other: TLSContext, proving key: LinkKey) throws(TLSError) {
        precondition(!other.accepts && other.linkKeys.isEmpty && !other.checksName, "it connects to nodes")
        SSL_CTX_up_ref(other.pointer)
        try self.init(other.pointer, accepts: false, linkKeys: [key], checksName: false, provesInside: true)
        expires = other.expires
    }

    /// Takes the library's part over, and frees it if there is no memory for the rest.
    private init(
        _ pointer: OpaquePointer, accepts: Bool, linkKeys: [LinkKey], checksName: Bool,
        asksForCertificates: Bool = false, provesInside: Bool = false
    ) throws(TLSError) {
        guard let wireMethod = coppice_wire_method() else {
            SSL_CTX_free(pointer)
            throw .library(libraryReason())
        }
        self.wireMethod = wireMethod
        wire = .allocate(capacity: 1)
        wire.initialize(to: coppice_wire())
        self.asksForCertificates = asksForCertificates
        self.provesInside = provesInside
        self.pointer = pointer
        self.accepts = accepts
        self.linkKeys = linkKeys
        self.checksName = checksName
        let identity = linkKeys.first?.identity ?? []
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, identity.count))
        bytes.initialize(repeating: 0, count: max(1, identity.count))
        bytes.update(from: identity, count: identity.count)
        identityBytes = UnsafePointer(bytes)
    }

    /// A context for who accepts. Without an identity only those get in who prove one of the keys.
    ///
    /// - Parameter clientAuthorities: as PEM, who signs certificates for those who connect. They may show one; nil asks
    ///   for none.
    public convenience init(
        accepting identity: Identity?, clientAuthorities: [UInt8]? = nil, linkKeys: [LinkKey] = [],
        protocols: [String] = []
    ) throws(TLSError) {
        try self.init(
            accepts: true, linkKeys: linkKeys, checksName: false, asksForCertificates: clientAuthorities != nil)
        if let identity { try show(identity) }
        if let clientAuthorities {
            try believe(clientAuthorities)
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
            // Without this a key of a link, which is a session to OpenSSL, is refused where certificates are asked for.
            let place = Array("coppice".utf8)
            guard SSL_CTX_set_session_id_context(pointer, place, UInt32(place.count)) == 1 else {
                throw .library(libraryReason())
            }
        }
        SSL_CTX_set_psk_find_session_callback(pointer, findSession)
        SSL_CTX_set_client_hello_cb(pointer, sawHello, nil)
        if !protocols.isEmpty { select(protocols: protocols) }
    }

    /// A context for who connects.
    public convenience init(
        connecting trust: Trust, identity: Identity? = nil, protocols: [String] = []
    ) throws(TLSError) {
        switch trust {
        case .link(let key): try self.init(accepts: false, linkKeys: [key], checksName: false)
        case .anybody: try self.init(accepts: false, linkKeys: [], checksName: false)
        default: try self.init(accepts: false, linkKeys: [], checksName: true)
        }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        switch trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else { throw .authorities(libraryReason()) }
        case .authorities(let text): try believe(text)
        case .anybody:
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
        case .link:
            // No authority is believed, so a certificate in place of the key ends the handshake. The cipher has the
            // hash that the key is used with: with another one the other side would leave the key aside.
            guard coppice_ssl_versions(pointer, TLS1_3_VERSION) == 1,
                SSL_CTX_set_ciphersuites(pointer, "TLS_AES_128_GCM_SHA256") == 1
            else { throw .library(libraryReason()) }
            SSL_CTX_set_psk_use_session_callback(pointer, useSession)
        }
        if let identity { try show(identity) }
        if !protocols.isEmpty { try offer(protocols: protocols) }
    }

    /// Whether the certificate that is shown is for a host, given as a name or as an address (RFC 6125, section 6.4;
    /// RFC 5280, section 4.2.1.6). False without a certificate.
    public func isFor(_ host: String) -> Bool {
        guard let certificate = SSL_CTX_get0_certificate(pointer) else { return false }
        defer { ERR_clear_error() }
        if X509_check_ip_asc(certificate, host, 0) == 1 { return true }
        return X509_check_host(
            certificate, host, host.utf8.count, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), nil) == 1
    }

    func believe(_ authorities: [UInt8]) throws(TLSError) {
        guard let found = PEM.certificates(authorities) else { throw .authorities(libraryReason()) }
        defer { for certificate in found { X509_free(certificate) } }
        for certificate in found {
            guard X509_STORE_add_cert(SSL_CTX_get_cert_store(pointer), certificate) == 1,
                // Who may show several is told which.
                !accepts || SSL_CTX_add_client_CA(pointer, certificate) == 1
            else { throw .authorities(libraryReason()) }
        }
    }

    /// The names of protocols that the accepting side takes, the dearest first, as ALPN writes them (RFC 7301).
    fileprivate private(set) var protocols: [UInt8] = []

    /// The accepting side takes these.
    func select(protocols names: [String]) {
        protocols = Self.wireForm(names)
        SSL_CTX_set_alpn_select_cb(pointer, selectProtocol, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The connecting side speaks these.
    func offer(protocols names: [String]) throws(TLSError) {
        let form = Self.wireForm(names)
        guard SSL_CTX_set_alpn_protos(pointer, form, UInt32(form.count)) == 0 else { throw .library(libraryReason()) }
    }

    private static func wireForm(_ names: [String]) -> [UInt8] {
        names.flatMap { name in
            precondition((1...255).contains(name.utf8.count), "a protocol's name has 1 to 255 bytes")
            return [UInt8(name.utf8.count)] + Array(name.utf8)
        }
    }

    func show(_ identity: Identity) throws(TLSError) {
        guard let chain = PEM.certificates(identity.chain) else { throw .certificate(libraryReason()) }
        defer { for certificate in chain { X509_free(certificate) } }
        guard SSL_CTX_use_certificate(pointer, chain[0]) == 1 else { throw .certificate(libraryReason()) }
        for certificate in chain.dropFirst() {
            guard SSL_CTX_ctrl(pointer, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(certificate)) == 1 else {
                throw .certificate(libraryReason())
            }
        }
        guard let key = PEM.privateKey(identity.key) else { throw .key(libraryReason()) }
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(chain[0], key) == 1 else { throw .mismatch }
        guard SSL_CTX_use_PrivateKey(pointer, key) == 1 else { throw .key(libraryReason()) }
        var end = tm()
        if ASN1_TIME_to_tm(X509_get0_notAfter(chain[0]), &end) == 1 { expires = Int64(timegm(&end)) }
    }
}

/// The filter of a connection.
func filter(of ssl: OpaquePointer) -> TLSFilter? {
    SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSFilter>.fromOpaque($0).takeUnretainedValue() }
}

/// Called by OpenSSL for each key that the other side names. Without a session the handshake goes on as if no key had
/// been named, unless it is a key of a link.
private func findSession(
    ssl: OpaquePointer?, identity: UnsafePointer<UInt8>?, length: Int,
    session: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    session?.pointee = nil
    // With certificates the key is proved inside.
    guard let ssl, let identity, let filter = filter(of: ssl), !filter.isLink else { return 1 }
    let named = UnsafeBufferPointer(start: identity, count: length)
    if let key = filter.context.linkKeys.first(where: { $0.identity.elementsEqual(named) }) {
        session?.pointee = key.session(for: ssl)
    } else if named.starts(with: LinkKey.identityStart) {
        // Who wants to prove a key has no use for a certificate.
        filter.hasNamedWrongKey = true
        return 0
    }
    return 1
}

/// Called by OpenSSL for the key that the connecting side shows.
private func useSession(
    ssl: OpaquePointer?, hash: OpaquePointer?, identity: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    length: UnsafeMutablePointer<Int>?, session: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    session?.pointee = nil
    identity?.pointee = nil
    length?.pointee = 0
    guard let ssl, let context = filter(of: ssl)?.context, let key = context.linkKeys.first else { return 0 }
    if let hash, EVP_MD_get_type(hash) != NID_sha256 { return 1 }
    guard let made = key.session(for: ssl) else { return 0 }
    // The bytes have to last until OpenSSL has copied them, which it does after this call: the context keeps them.
    session?.pointee = made
    identity?.pointee = context.identityBytes
    length?.pointee = key.identity.count
    return 1
}

private func selectProtocol(
    ssl: OpaquePointer?, out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, outLength: UnsafeMutablePointer<UInt8>?,
    offered: UnsafePointer<UInt8>?, length: UInt32, argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument, let offered, let out, let outLength else { return SSL_TLSEXT_ERR_NOACK }
    let ours = Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue().protocols
    var chosen: UnsafeMutablePointer<UInt8>?
    var chosenLength: UInt8 = 0
    let result = SSL_select_next_proto(&chosen, &chosenLength, ours, UInt32(ours.count), offered, length)
    // Who offers only what nobody here speaks gets no protocol by name. With an overlap the name lies in our list or
    // in theirs: it is given as theirs, which lasts through the handshake.
    guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_NOACK }
    guard let chosen else { return SSL_TLSEXT_ERR_NOACK }
    let name = [UInt8](UnsafeBufferPointer(start: chosen, count: Int(chosenLength)))
    var at = 0
    while at < Int(length) {
        let size = Int(offered[at])
        if UnsafeBufferPointer(start: offered + at + 1, count: size).elementsEqual(name) {
            out.pointee = offered + at + 1
            outLength.pointee = UInt8(size)
            return SSL_TLSEXT_ERR_OK
        }
        at += size + 1
    }
    return SSL_TLSEXT_ERR_NOACK
}
