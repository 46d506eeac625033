import HTTPCodec
import JSON
import Wire

/// Why a request of the API came to nothing, as programs read it (RFC 9457).
struct APIProblem: Error {
    let status: Int
    let detail: String
    /// Seconds after which the same request may be answered otherwise; nil if waiting changes nothing.
    let retryAfter: Int?

    init(_ status: Int, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter ?? (status == 503 ? 1 : nil)
    }

    /// What a node's message means to a program that has asked over HTTP; nil if it ends nothing.
    init?(_ message: ServerMessage) {
        switch message {
        case .loginFailed(let info):
            if let seconds = Self.pause(in: info) {
                self.init(429, info, retryAfter: seconds)
            } else {
                self.init(info.contains("try again") ? 503 : 401, info)
            }
        case .authenticationFail(let info): self.init(401, info)
        case .invalidMessage(let info): self.init(400, info)
        case .unavailable(let info, _): self.init(503, info)
        case .redirect(let address, _): self.init(503, "this server is leaving: ask \(address)")
        default: return nil
        }
    }

    /// The seconds of "try again in 5 s": there were too many attempts.
    private static func pause(in info: String) -> Int? {
        info.firstRange(of: "try again in ").flatMap { Int(info[$0.upperBound...].prefix { $0.isWholeNumber }) }
    }

    private var title: String {
        switch status {
        case 400: "Bad request"
        case 401: "Not logged in"
        case 403: "Forbidden"
        case 429: "Too many attempts"
        default: "Not available"
        }
    }

    var response: HTTPResponse {
        let body = JSONValue.object([
            "type": "about:blank", "title": .string(title), "status": .integer(Int64(status)),
            "detail": .string(detail),
        ])
        var response = HTTPResponse(
            status: status, fields: ["Content-Type": "application/problem+json", "Cache-Control": "no-store"],
            body: body.encoded)
        if status == 401 {
            response.fields.append("WWW-Authenticate", "Basic realm=\"coppice\", charset=\"UTF-8\"")
            response.fields.append("WWW-Authenticate", "Bearer realm=\"coppice\"")
        }
        if let retryAfter { response.fields.append("Retry-After", String(retryAfter)) }
        return response
    }
}
