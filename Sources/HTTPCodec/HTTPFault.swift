/// Why a request can't be read. The sender gets this as an answer, and the connection ends after it: where the next
/// request would begin is unknown.
public struct HTTPFault: Error, Hashable, Sendable {
    /// The status of the answer.
    public let status: Int
    /// What is wrong, as a sentence for the sender.
    public let reason: String

    public init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
    }

    static func bad(_ reason: String) -> HTTPFault { HTTPFault(status: 400, reason: reason) }

    static func headTooLong(_ limits: HTTPLimits) -> HTTPFault {
        HTTPFault(
            status: 431,
            reason: "the request line and the header fields are longer than \(limits.headBytes) bytes, "
                + "or more than \(limits.fields)")
    }

    static func bodyTooLong(_ limits: HTTPLimits) -> HTTPFault {
        HTTPFault(status: 413, reason: "the body is longer than \(limits.bodyBytes) bytes")
    }

    /// The answer to the sender, which says that the connection ends.
    public var response: HTTPResponse {
        HTTPResponse(status: status, text: reason + "\n")
    }
}
