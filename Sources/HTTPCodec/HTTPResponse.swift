/// An answer, and how it is written.
public struct HTTPResponse: Equatable, Sendable {
    public var status: Int
    /// Without `Content-Length`, and without `Connection` but for an upgrade: both are written by themselves.
    public var fields: HTTPFields
    public var body: [UInt8]

    public init(status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer of plain text.
    public init(status: Int, text: String) {
        self.init(status: status, fields: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }

    /// The answer to `HTTPInput.waiting`: the sender shall send the body.
    public static let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The bytes of the answer.
    ///
    /// - Parameters:
    ///   - request: what is answered; nil if it couldn't be read. The answer to `HEAD` has no body, but its length.
    ///   - isLast: whether the connection ends after it, for another reason than that the request wants it.
    public func bytes(answering request: HTTPRequest?, isLast: Bool = false) -> [UInt8] {
        var head = HeadText(status: status, fields: fields)
        if Self.mayHaveBody(status) { head.add("Content-Length", String(body.count)) }
        if isLast || request?.keepsAlive != true {
            head.add("Connection", "close")
        } else if request?.isOld == true {
            head.add("Connection", "keep-alive")
        }
        let isBare = request?.method == "HEAD" || !Self.mayHaveBody(status)
        return head.finished() + (isBare ? [] : body)
    }

    static func mayHaveBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    /// The words beside a status. Readers ignore them; people don't.
    static func phrase(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

/// The head of an answer while it is written.
struct HeadText {
    private var bytes: [UInt8] = []

    init(status: Int, fields: HTTPFields) {
        precondition((100...599).contains(status), "a status has three digits")
        bytes.reserveCapacity(256)
        bytes += "HTTP/1.1 \(status) \(HTTPResponse.phrase(status))\r\n".utf8
        for field in fields.all { add(field.name, field.value) }
    }

    /// A line end in a value would begin a field of somebody else's. It becomes a blank.
    mutating func add(_ name: String, _ value: String) {
        bytes += name.utf8
        bytes += ": ".utf8
        bytes += value.utf8.lazy.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        bytes += "\r\n".utf8
    }

    func finished() -> [UInt8] { bytes + "\r\n".utf8 }
}
