import COpenSSL

// Links between nodes that have certificates for that: both show one, besides proving the secret inside
// (docs/protocol.md#links-with-certificates).

extension TLSContext {
    /// What a node offers by ALPN that wants a link with certificates (RFC 7301).
    public static let linkProtocol = "coppice-link"

    /// A context for a node that is connected to for a link: `TLSContext.links` of another one that accepts.
    ///
    /// - Parameter authorities: as PEM, who signs certificates of nodes. Names in certificates aren't looked at.
    public convenience init(acceptingNodesAs identity: Identity, signedBy authorities: [UInt8]) throws(TLSError) {
        try self.init(accepts: true, linkKeys: [], checksName: false)
        try show(identity)
        try believe(authorities)
        try demandCertificates()
        select(protocols: [Self.linkProtocol])
    }

    /// A context for a node that connects for a link. What it connects with is its copy that proves a key.
    ///
    /// - Parameter authorities: as PEM, who signs certificates of nodes. Names in certificates aren't looked at.
    public convenience init(connectingAsNode identity: Identity, signedBy authorities: [UInt8]) throws(TLSError) {
        try self.init(accepts: false, linkKeys: [], checksName: false)
        try show(identity)
        try believe(authorities)
        try demandCertificates()
        try offer(protocols: [Self.linkProtocol])
    }

    private func demandCertificates() throws(TLSError) {
        SSL_CTX_set_verify(pointer, Self.verification, nil)
        guard coppice_ssl_versions(pointer, TLS1_3_VERSION) == 1 else { throw .library(libraryReason()) }
    }

    /// Who shows no certificate is refused.
    private static let verification = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT

    /// A connection that this side accepts goes on as a link with certificates.
    func takeOver(_ ssl: OpaquePointer) -> Bool {
        guard SSL_set_SSL_CTX(ssl, pointer) != nil, coppice_ssl_lowest(ssl, TLS1_3_VERSION) == 1 else { return false }
        // Of a connection that began with another context only the certificates have changed.
        SSL_set_verify(ssl, Self.verification, nil)
        return true
    }
}

/// Called by OpenSSL before it looks at what somebody who connects has sent first.
func sawHello(
    ssl: OpaquePointer?, alert: UnsafeMutablePointer<Int32>?, argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let ssl, let filter = filter(of: ssl), offersLink(ssl) else { return SSL_CLIENT_HELLO_SUCCESS }
    if filter.becomeLink() { return SSL_CLIENT_HELLO_SUCCESS }
    alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
    return SSL_CLIENT_HELLO_ERROR
}

/// Whether somebody who connects offers a link with certificates. The list has its length in bytes before it, and each
/// name its own (RFC 7301, section 3.1).
private func offersLink(_ ssl: OpaquePointer) -> Bool {
    var start: UnsafePointer<UInt8>?
    var count = 0
    let kind = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
    guard SSL_client_hello_get0_ext(ssl, kind, &start, &count) == 1, let start else { return false }
    var rest = UnsafeBufferPointer(start: start, count: count).dropFirst(2)
    while let length = rest.first {
        rest = rest.dropFirst()
        if rest.prefix(Int(length)).elementsEqual(TLSContext.linkProtocol.utf8) { return true }
        rest = rest.dropFirst(Int(length))
    }
    return false
}
