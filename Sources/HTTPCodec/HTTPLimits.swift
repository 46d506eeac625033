/// What one request may be, and what a reader keeps of those that came.
///
/// Each bound is checked before the memory that it bounds is taken.
public struct HTTPLimits: Equatable, Sendable {
    /// Bytes of the request line and all header fields, blanks among them. A browser sends about 700, and a bearer
    /// token (a JWT) may have 4 KiB.
    public var headBytes = 16 * 1024
    /// Header fields and trailers of a request. A browser sends about 15.
    public var fields = 64
    /// Bytes of a body, after its chunks were put together.
    public var bodyBytes = 64 * 1024

    public init() {}

    /// How much is parsed at once. What comes after that waits as it came, until the requests before it were taken: the
    /// shortest request has 18 bytes, and takes some hundred when it is parsed.
    static let sliceBytes = 4096

    /// Bytes of the connection for each byte of a body in chunks, beside a head's worth of bytes: a chunk of one byte
    /// takes six.
    static let bytesPerBodyByte = 8
}
