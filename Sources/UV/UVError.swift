import CLibUV

/// An error of libuv or the kernel.
///
/// It is one number: libuv's negative code, which for system errors is the negated `errno`.
public struct UVError: Error, Hashable, Sendable, CustomStringConvertible {
    /// libuv's code, always negative.
    public let code: Int32

    /// - Parameter code: a negative code of libuv's.
    public init(code: Int32) {
        self.code = code
    }

    /// - Parameter systemError: a value of `errno`, positive.
    public init(systemError: Int32) {
        self.code = -systemError
    }

    init(_ code: uv_errno_t) {
        self.code = code.rawValue
    }

    /// The symbolic name, for example `EADDRINUSE`.
    public var name: String {
        text { uv_err_name_r(code, $0, $1) }
    }

    /// The meaning for people, for example `address already in use`.
    public var message: String {
        text { uv_strerror_r(code, $0, $1) }
    }

    public var description: String {
        "\(message) (\(name))"
    }

    private func text(_ fill: (UnsafeMutablePointer<CChar>?, Int) -> UnsafeMutablePointer<CChar>?) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            buffer.initialize(repeating: 0)
            _ = fill(buffer.baseAddress, buffer.count)
            return String(cString: buffer.baseAddress!)
        }
    }
}

extension UVError {
    public static let timedOut = UVError(UV_ETIMEDOUT)
    /// Nothing can be taken or given at the moment. Also: another process holds the lock of a file.
    public static let again = UVError(UV_EAGAIN)
    public static let addressInUse = UVError(UV_EADDRINUSE)
    public static let addressNotAvailable = UVError(UV_EADDRNOTAVAIL)
    public static let connectionRefused = UVError(UV_ECONNREFUSED)
    public static let connectionReset = UVError(UV_ECONNRESET)
    public static let brokenPipe = UVError(UV_EPIPE)
    public static let networkUnreachable = UVError(UV_ENETUNREACH)
    public static let accessDenied = UVError(UV_EACCES)
    public static let noSuchFile = UVError(UV_ENOENT)
    public static let fileExists = UVError(UV_EEXIST)
    public static let tooLarge = UVError(UV_EFBIG)
    /// The resolver knows no such host.
    public static let unknownHost = UVError(UV_EAI_NONAME)
    /// No name server has answered.
    public static let noNameServer = UVError(UV_EAI_AGAIN)
    public static let noMemory = UVError(UV_ENOMEM)
    /// The filter of a stream has ended the connection: `Stream.filterFailure` says why.
    public static let filterFailed = UVError(UV_EPROTO)
    /// The system has no IPv4, or no IPv6.
    public static let noSuchFamily = UVError(UV_EAFNOSUPPORT)
    /// No name server knows an address of a host name, or none could be asked: one of the codes of `getaddrinfo`.
    public var isLookUpFailure: Bool { (-3014 ... -3000).contains(code) }
}

extension UVError {
    /// Why there is no connection to a host, for people. If its name can't be looked up, that name stands there.
    public func words(connectingTo host: String) -> String {
        switch self {
        case .unknownHost: "nobody knows a host named \(host)"
        case .noNameServer: "the host name \(host) can't be looked up, since no name server answers"
        default: isLookUpFailure ? "the host name \(host) can't be looked up: \(message)" : message
        }
    }
}

/// Stops the program when libuv refuses a call that can fail only by a mistake in this module.
@inline(__always)
func must(_ status: Int32, _ what: StaticString) {
    precondition(status >= 0, "\(what): \(UVError(code: status))")
}
