import COpenSSL
import Glibc
import UV

/// One side of a TLS connection, without a socket: encrypted bytes of the other side go in and text comes out; text
/// goes in and encrypted bytes for the other side come out.
///
/// A `Stream` has it between its socket and its handler. It keeps no time: a handshake that doesn't end is for its
/// owner to bound. It has no buffers of its own: what is under way lies in those of its context for the length of a
/// call, and OpenSSL keeps a record that hasn't come whole.
public final class TLSFilter: StreamFilter {
    public private(set) var state = StreamFilterState.opening

    /// What came first, until the handshake is through: if it fails, this tells what kind of server is there.
    public private(set) var firstBytes: [UInt8] = []
    /// Whether the handshake has got through, whatever came afterwards.
    public private(set) var hasOpened = false
    /// What kind of fault has ended the handshake with a certificate; nil while none has.
    public private(set) var fault: TLSFault?
    /// Whether the other side has named, or proved, a key of a link that isn't known here.
    public internal(set) var hasNamedWrongKey = false
    /// Why a link with certificates hasn't come about; nil if that isn't the fault.
    public private(set) var linkFault: LinkFault?
    /// Whether both sides show certificates of nodes, and prove the secret inside.
    private(set) var isLink: Bool
    /// What has come so far of the other side's proof; nil before the handshake is through, and after the proof.
    private var proof: [UInt8]?
    /// The other side has refused this side's proof, or given a wrong one.
    private var lacksSecret = false
    /// What an accepted link goes on with: OpenSSL calls it back.
    private var links: TLSContext?

    /// How many of the first bytes are kept.
    private static let firstBytesKept = 1024

    /// What is sent in place of what the library makes.
    private var alertBytes: [UInt8] = []
    let context: TLSContext
    let ssl: OpaquePointer

    /// The most bytes of text that lie in one record (RFC 8446, section 5.1).
    public static let recordBytes = 16_384

    deinit { SSL_free(ssl) }

    /// - Parameter host: the name or address that the other side's certificate has to be for. A context that checks
    ///   names needs one, a key none.
    public init(_ context: TLSContext, host: String? = nil) throws(TLSError) {
        precondition(!context.checksName || host != nil, "whom is the certificate to be for?")
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else { throw .library(libraryReason()) }
        guard let bio = coppice_wire_bio(context.wireMethod, context.wire) else {
            SSL_free(ssl)
            throw .library(libraryReason())
        }
        // One for both ways, for which OpenSSL takes one reference.
        SSL_set_bio(ssl, bio, bio)
        self.context = context
        self.ssl = ssl
        isLink = context.provesInside
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        if context.accepts {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
            // Who has to prove a key is nobody by a name, and isn't told one.
            if let host, context.linkKeys.isEmpty { try expect(host) }
        }
    }

    private func expect(_ host: String) throws(TLSError) {
        let parameters = SSL_get0_param(ssl)
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 { return }
        ERR_clear_error()
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard SSL_set1_host(ssl, host) == 1, coppice_ssl_server_name(ssl, host) == 1 else {
            throw .library(libraryReason())
        }
    }

    // MARK: What has come of it

    /// The protocol that both sides agreed on by name, if they did.
    public var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    private var isProved: Bool { state == .open || state == .ended }

    /// Whether the other side has proved that it knows a `LinkKey` of the context.
    public var provedLinkKey: Bool { isProved && (isLink || hasTakenKey) }

    /// Whether the other side has besides shown the certificate of a node.
    public var isCertifiedLink: Bool { isProved && isLink }

    /// Whether both sides have named the same key, which need not be proved yet.
    public var hasTakenKey: Bool { !context.linkKeys.isEmpty && SSL_session_reused(ssl) == 1 }

    /// Whether the other side said or showed that it doesn't know the key. It hasn't proved anything.
    public var saysKeyIsWrong: Bool { lacksSecret || hasRefusedKey }

    private var hasRefusedKey: Bool { firstBytes.first == Self.alert[0] && firstBytes.dropFirst(3) == Self.alert[3...] }

    /// Whether the other side has answered, and hasn't proved that it knows the key.
    public var hasUnprovedKey: Bool {
        !hasOpened && !context.accepts && !context.linkKeys.isEmpty && !firstBytes.isEmpty
    }

    /// The fatal alert `unknown_psk_identity` (RFC 8446, section 6.2), as it is sent in clear.
    private static let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 115]

    /// The common name in the certificate that the other side has shown, and that was verified; nil without one.
    public var peerName: String? {
        // A node's certificate is no user's.
        guard isProved, !isLink, context.asksForCertificates, SSL_get_verify_result(ssl) == Int(X509_V_OK),
            let certificate = SSL_get1_peer_certificate(ssl)
        else { return nil }
        defer { X509_free(certificate) }
        return commonName(of: certificate)
    }

    /// The version of the protocol, as "TLSv1.3".
    public var version: String { String(cString: SSL_get_version(ssl)) }

    // MARK: Bytes and text

    public func begin(send: (RawSpan) -> Void) {
        guard !context.accepts, state == .opening else { return }
        move()
        lendOutput(to: send)
    }

    public func receive(_ bytes: RawSpan, send: (RawSpan) -> Void, text: (RawSpan) -> Void) {
        if case .failed = state { return }
        if state == .opening, !context.accepts, firstBytes.count < Self.firstBytesKept {
            bytes.withUnsafeBytes { firstBytes.append(contentsOf: $0.prefix(Self.firstBytesKept - firstBytes.count)) }
        }
        bytes.withUnsafeBytes { raw in
            context.wire.pointee.in = raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
            context.wire.pointee.in_count = raw.count
            move()
            context.wire.pointee.in = nil
            context.wire.pointee.in_count = 0
        }
        lendOutput(to: send)
        let count = context.wire.pointee.text_count
        guard count > 0 else { return }
        // Taken out while it is lent, since its reader may lead to another connection of this context.
        let lent = context.wire.pointee.text
        let capacity = context.wire.pointee.text_capacity
        context.wire.pointee.text = nil
        context.wire.pointee.text_count = 0
        context.wire.pointee.text_capacity = 0
        text(UnsafeRawBufferPointer(start: lent, count: count).bytes)
        free(context.wire.pointee.text)
        context.wire.pointee.text = lent
        context.wire.pointee.text_count = 0
        context.wire.pointee.text_capacity = capacity
    }

    /// Each call fills records up to 16 KiB, so much text is given at once rather than in pieces.
    public func write(_ text: RawSpan, send: (RawSpan) -> Void) {
        guard isProved else { return }
        // Also after a failure: what is left over would go to another connection of this context.
        defer { lendOutput(to: send) }
        ERR_clear_error()
        text.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                var written = 0
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.recordBytes))
                guard SSL_write_ex(ssl, piece.baseAddress, piece.count, &written) == 1 else { return fail(0) }
                rest = rest.dropFirst(written)
            }
        }
    }

    public func finish(send: (RawSpan) -> Void) {
        guard isProved else { return }
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
        lendOutput(to: send)
    }

    private func lendOutput(to send: (RawSpan) -> Void) {
        if !alertBytes.isEmpty {
            let alert = alertBytes
            alertBytes = []
            send(alert.span.bytes)
        }
        let count = context.wire.pointee.out_count
        guard count > 0 else { return }
        send(UnsafeRawBufferPointer(start: context.wire.pointee.out, count: count).bytes)
        context.wire.pointee.out_count = 0
    }

    /// Goes on as far as what has come allows.
    private func move() {
        ERR_clear_error()
        if state == .opening, proof == nil {
            let result = SSL_do_handshake(ssl)
            guard result == 1 else { return failOpening(result) }
            if isLink {
                beginProof()
            } else {
                openWithoutProof()
            }
        }
        if proof != nil { takeProof() }
        guard state == .open else { return }
        fail(coppice_wire_decrypt(ssl, context.wire))
    }

    private func openWithoutProof() {
        // Belt and braces: a peer that showed a certificate in place of the key has been refused by now.
        if !context.accepts, !context.linkKeys.isEmpty, SSL_session_reused(ssl) != 1 {
            state = .failed("the other side hasn't proved that it knows the secret")
            return
        }
        open()
    }

    private func open() {
        state = .open
        hasOpened = true
        firstBytes = []
    }

    private func failOpening(_ result: Int32) {
        guard hasNamedWrongKey else { return fail(result) }
        ERR_clear_error()
        // In place of the library's own alert, which would tell of a fault here.
        context.wire.pointee.out_count = 0
        state = .failed("it named the key of another secret")
        alertBytes = Self.alert
    }

    // MARK: Links with certificates

    /// The other side offers a link with certificates.
    ///
    /// - Returns: false if this side takes none.
    func becomeLink() -> Bool {
        guard let links = context.links, links.takeOver(ssl) else {
            linkFault = .noneHere
            return false
        }
        self.links = links
        isLink = true
        return true
    }

    private var side: LinkProof.Side { context.accepts ? .answerer : .dialler }

    /// Both have shown their certificates, and now prove that they know the secret: first who has connected.
    private func beginProof() {
        proof = []
        guard !context.accepts else { return }
        guard applicationProtocol == TLSContext.linkProtocol else {
            (proof, linkFault) = (nil, .noneThere)
            state = .failed("it takes no links with certificates")
            return
        }
        prove(context.linkKeys.first)
    }

    /// Says a proof. Text follows it in the same stream, and nothing goes before.
    private func prove(_ key: LinkKey?) {
        var written = 0
        guard let key, let exporter = LinkProof.exporter(of: ssl),
            let bytes = LinkProof.bytes(of: side, key, over: exporter),
            SSL_write_ex(ssl, bytes, bytes.count, &written) == 1
        else {
            proof = nil
            context.wire.pointee.text_count = 0
            state = .failed(libraryReason())
            return
        }
    }

    /// Reads the other side's proof. Nothing that it says before is passed on.
    private func takeProof() {
        let wire = context.wire
        let result = coppice_wire_decrypt(ssl, wire)
        var piece = [UInt8](repeating: 0, count: min(LinkProof.count - proof!.count, wire.pointee.text_count))
        coppice_wire_take(wire, &piece, piece.count)
        proof! += piece
        guard let whole = proof, whole.count == LinkProof.count else { return fail(result) }
        proof = nil
        guard let exporter = LinkProof.exporter(of: ssl),
            let key = LinkProof.key(of: context.linkKeys, provedBy: whole, of: side.other, over: exporter)
        else { return refuseProof() }
        ERR_clear_error()
        if context.accepts { prove(key) }
        if state == .opening { open() }
    }

    /// The other side knows another secret: it is told so by an orderly end in place of a proof.
    private func refuseProof() {
        (hasNamedWrongKey, lacksSecret) = (context.accepts, !context.accepts)
        state = .failed(context.accepts ? "it proved another secret" : "it doesn't prove that it knows the secret")
        context.wire.pointee.text_count = 0
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// A link with certificates has failed before both had proved the secret.
    private func failLink(_ code: UInt, _ reason: String) {
        if linkFault == nil {
            linkFault = LinkFault(
                verdict: SSL_get_verify_result(ssl), failure: code, reason, accepts: context.accepts)
        }
        proof = nil
        switch linkFault {
        case .unbelieved(let words)?, .disbelieved(let words)?: state = .failed(words)
        case .notShown?: state = .failed("it shows no certificate")
        case .noneHere?, .noneThere?: state = .failed("only one side has a certificate for links")
        case nil: state = .failed(TLSError.words(ofFailure: code, reason))
        }
    }

    private func reasonWithoutProof(_ reason: String) -> String {
        if saysKeyIsWrong { return "it has another secret" }
        if firstBytes.first != Self.alert[0], firstBytes.first != 22 { return "it answers in clear" }
        return "it doesn't prove that it knows the secret (\(reason))"
    }

    /// Why the last call of the library came to nothing. To want more bytes is none.
    private func fail(_ result: Int32) {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN where proof != nil:
            (proof, lacksSecret) = (nil, !context.accepts)
            state = .failed(context.accepts ? "it ended without a proof" : "it has another secret")
        case SSL_ERROR_ZERO_RETURN: state = .ended
        default:
            let verified = SSL_get_verify_result(ssl)
            let code = ERR_peek_error()
            let reason = libraryReason()
            if !hasOpened, isLink || linkFault != nil { return failLink(code, reason) }
            if !hasOpened, !context.accepts, !context.linkKeys.isEmpty {
                state = .failed(reasonWithoutProof(reason))
                return
            }
            // Who shows a key shows no certificate, and the library has no verdict.
            guard verified == Int(X509_V_OK) || hasTakenKey else {
                fault = TLSFault(verdict: Int32(verified))
                state = .failed(TLSError.words(ofVerdict: Int32(verified), isServers: !context.accepts))
                return
            }
            if !hasOpened { fault = TLSFault(failure: code) }
            state = .failed(TLSError.words(ofFailure: code, reason))
        }
    }
}

/// The common name of a certificate's subject (RFC 5280, section 4.1.2.6), without a zero character in it.
private func commonName(of certificate: OpaquePointer) -> String? {
    let subject = X509_get_subject_name(certificate)
    let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
    guard index >= 0, let entry = X509_NAME_get_entry(subject, index) else { return nil }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry))
    guard count > 0, let bytes else { return nil }
    defer { coppice_openssl_free(bytes) }
    let name = UnsafeBufferPointer(start: bytes, count: Int(count))
    guard !name.contains(0) else { return nil }
    return String(validating: name, as: UTF8.self)
}
