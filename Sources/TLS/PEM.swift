import COpenSSL

/// Reading and writing the text form of certificates and keys (RFC 7468).
enum PEM {
    /// Runs `body` with a memory BIO over bytes.
    static func reading<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result) -> Result? {
        bytes.withUnsafeBytes { raw in
            guard raw.count <= Int(Int32.max), let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count)) else {
                return nil
            }
            defer { BIO_free(bio) }
            return body(bio)
        }
    }

    /// The certificates in a text, in their order; the caller owns them. Nothing if none can be read.
    static func certificates(_ bytes: [UInt8]) -> [OpaquePointer]? {
        ERR_clear_error()
        return reading(bytes) { bio in
            var found: [OpaquePointer] = []
            while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) { found.append(certificate) }
            return found
        }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The private key in a text; the caller owns it. A key under a password isn't read, and nobody is asked for one.
    static func privateKey(_ bytes: [UInt8]) -> OpaquePointer? {
        ERR_clear_error()
        let refuse: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
            _, _, _, _ in -1
        }
        return reading(bytes) { PEM_read_bio_PrivateKey($0, nil, refuse, nil) }.flatMap { $0 }
    }

    /// The text that `body` writes.
    static func writing(_ body: (OpaquePointer) -> Bool) -> [UInt8]? {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(bio) }
        guard body(bio) else { return nil }
        var text = [UInt8](repeating: 0, count: coppice_bio_pending(bio))
        let count = BIO_read(bio, &text, Int32(text.count))
        return count == Int32(text.count) ? text : nil
    }
}
