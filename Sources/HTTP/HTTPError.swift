import CCurl

/// Why a request got no answer, in libcurl's words. It is unknown whether the server carried the request out.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    let code: UInt32

    init(_ code: CURLcode) {
        self.code = code.rawValue
    }

    public static let timedOut = HTTPError(CURLE_OPERATION_TIMEDOUT)
    public static let cannotConnect = HTTPError(CURLE_COULDNT_CONNECT)
    /// The answer is longer than allowed.
    public static let tooLong = HTTPError(CURLE_WRITE_ERROR)
    public static let badURL = HTTPError(CURLE_URL_MALFORMAT)

    public var description: String {
        self == .tooLong ? "the answer is too long" : String(cString: curl_easy_strerror(CURLcode(code)))
    }
}
