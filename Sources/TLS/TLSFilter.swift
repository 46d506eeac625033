import COpenSSL

/// One side of a TLS connection, without a socket: encrypted bytes of the other side go in and text comes out; text
/// goes in and encrypted bytes for the other side come out.
///
/// Whatever has a stream calls `receive` with what came, takes `takeText`, and sends what `takeOutput` gives, after
/// each call and once at the beginning. It also ends what `state` says has failed, after it has sent the output: that
/// holds the alert for the other side. It keeps no time: a handshake that doesn't end is for its owner to bound.
public final class TLSFilter {
    public enum State: Equatable {
        /// Nobody has proved anything yet. Nothing may be written.
        case handshaking
        /// Text goes both ways.
        case open
        /// The other side has said that it writes no more. Text may still be written.
        case ended
        /// It is over, and why. What the other side sent is never believed to be whole.
        case failed(String)
    }

    public private(set) var state = State.handshaking

    private let context: TLSContext
    private let ssl: OpaquePointer
    /// What the other side sent, and what is to be sent to it. Both belong to `ssl`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private var text: [UInt8] = []

    /// The most bytes of text that lie in one record (RFC 8446, section 5.1).
    private static let recordBytes = 16_384

    deinit { SSL_free(ssl) }

    /// Begins. `host` is the name or address that the other side's certificate has to be for. A context that checks
    /// names needs one.
    public init(_ context: TLSContext, host: String? = nil) throws(TLSError) {
        precondition(!context.checksName || host != nil, "whom is the certificate to be for?")
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else { throw .library(libraryReason()) }
        guard let incoming = coppice_bio_memory() else {
            SSL_free(ssl)
            throw .library(libraryReason())
        }
        guard let outgoing = coppice_bio_memory() else {
            BIO_free(incoming)
            SSL_free(ssl)
            throw .library(libraryReason())
        }
        SSL_set_bio(ssl, incoming, outgoing)
        self.context = context
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(context).toOpaque())
        if context.accepts {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
            if let host { try expect(host) }
            move()
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

    /// The protocol that both sides agreed on by name, if they did.
    public var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// Whether the other side has proved that it knows a `LinkKey` of the context.
    public var provedLinkKey: Bool {
        (state == .open || state == .ended) && !context.linkKeys.isEmpty && SSL_session_reused(ssl) == 1
    }

    /// The version of the protocol, as "TLSv1.3".
    public var version: String { String(cString: SSL_get_version(ssl)) }

    /// Takes bytes that the other side sent. After a failure they are dropped.
    public func receive(_ bytes: RawSpan) {
        if case .failed = state { return }
        bytes.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int(Int32.max))
                let bytes = UnsafeRawBufferPointer(rebasing: piece)
                let taken = BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
                precondition(taken == Int32(piece.count), "there is no memory for what came")
                rest = rest.dropFirst(piece.count)
            }
        }
        move()
    }

    /// The text that has come since the last call.
    public func takeText() -> [UInt8] {
        defer { text = [] }
        return text
    }

    /// Encrypts text. Each call fills records up to 16 KiB, so much text is given at once rather than in pieces.
    public func write(_ bytes: RawSpan) {
        precondition(state == .open || state == .ended, "nobody has proved anything yet, or it is over")
        ERR_clear_error()
        bytes.withUnsafeBytes { raw in
            var rest = raw[...]
            while !rest.isEmpty {
                var written = 0
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.recordBytes))
                guard SSL_write_ex(ssl, piece.baseAddress, piece.count, &written) == 1 else { return fail(0) }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Says that nothing more is written.
    public func finish() {
        guard state == .open || state == .ended else { return }
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// What is to be sent to the other side since the last call.
    public func takeOutput() -> [UInt8] {
        let count = coppice_bio_pending(outgoing)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, Int(BIO_read(outgoing, buffer.baseAddress, Int32(count))))
        }
    }

    /// Goes on as far as what has come allows.
    private func move() {
        ERR_clear_error()
        if state == .handshaking {
            let result = SSL_do_handshake(ssl)
            guard result == 1 else { return fail(result) }
            // Belt and braces: a peer that showed a certificate in place of the key has been refused by now.
            if !context.accepts, !context.linkKeys.isEmpty, SSL_session_reused(ssl) != 1 {
                state = .failed("the other side hasn't proved that it knows the secret")
                return
            }
            state = .open
        }
        guard state == .open else { return }
        while true {
            var count = 0
            let start = text.count
            let free = Self.recordBytes
            text.append(contentsOf: repeatElement(0, count: free))
            let result = text.withUnsafeMutableBytes { SSL_read_ex(ssl, $0.baseAddress! + start, free, &count) }
            text.removeLast(free - (result == 1 ? count : 0))
            if text.isEmpty { text = [] }
            guard result == 1 else { return fail(0) }
        }
    }

    /// Why the last call of the library came to nothing. To want more bytes is none.
    private func fail(_ result: Int32) {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: state = .ended
        default:
            let verified = SSL_get_verify_result(ssl)
            let reason = libraryReason()
            state = .failed(
                verified == Int(X509_V_OK) || context.accepts
                    ? reason : "\(reason): \(String(cString: X509_verify_cert_error_string(verified)))")
        }
    }
}
