internal import NIOHTTP1

/// Reads the head of a request: what the parser lets through, and Coppice doesn't want, is a fault.
enum RequestHead {
    /// How the body comes.
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunks
    }

    static func request(of head: HTTPRequestHead) throws(HTTPFault) -> HTTPRequest {
        var fields = HTTPFields()
        for (name, value) in head.headers { fields.append(name, value) }
        let isOld = head.version.minor == 0
        let hosts = fields.values("Host").count
        guard hosts == 1 || (isOld && hosts == 0) else {
            throw .bad(hosts == 0 ? "the Host field is missing" : "there is more than one Host field")
        }
        guard head.method != .CONNECT else {
            throw HTTPFault(status: 501, reason: "this server is no proxy: CONNECT is not offered")
        }
        let (path, query) = try split(head.uri, method: head.method.rawValue)
        let mayUpgrade = !isOld && fields.list("Connection").contains("upgrade")
        return HTTPRequest(
            method: head.method.rawValue, path: path, query: query, fields: fields, isOld: isOld,
            keepsAlive: head.isKeepAlive, upgrades: mayUpgrade ? fields.list("Upgrade") : [])
    }

    static func framing(of request: HTTPRequest, limits: HTTPLimits) throws(HTTPFault) -> Framing {
        let encodings = request.fields.list("Transfer-Encoding")
        let lengths = request.fields.values("Content-Length")
        if !encodings.isEmpty || !request.fields.values("Transfer-Encoding").isEmpty {
            guard !request.isOld else { throw .bad("HTTP/1.0 knows no Transfer-Encoding") }
            guard lengths.isEmpty else { throw .bad("there are both Content-Length and Transfer-Encoding") }
            guard encodings == ["chunked"] else {
                throw HTTPFault(status: 501, reason: "the only Transfer-Encoding that is known is chunked")
            }
            return .chunks
        }
        guard let text = lengths.first else { return .none }
        guard lengths.count == 1, let length = Int(text), length >= 0 else {
            throw .bad("the Content-Length is no number, or there is more than one")
        }
        guard length <= limits.bodyBytes else { throw .bodyTooLong(limits) }
        return length == 0 ? .none : .length(length)
    }

    /// Whether the sender waits for `100 Continue` before it sends the body.
    static func waits(_ request: HTTPRequest, framing: Framing) throws(HTTPFault) -> Bool {
        let expected = request.fields.list("Expect")
        guard !expected.isEmpty, !request.isOld else { return false }
        guard expected == ["100-continue"] else {
            throw HTTPFault(status: 417, reason: "the only Expect that is known is 100-continue")
        }
        return framing != .none
    }

    /// Path and query of a target: `/path?query`, the same behind `http://host`, or `*`.
    private static func split(_ target: String, method: String) throws(HTTPFault) -> (String, String?) {
        var rest = target[...]
        if target == "*", method == "OPTIONS" { return (target, nil) }
        for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard rest.hasPrefix("/") else { throw .bad("the target is no path: it has to begin with /") }
        // A fragment is no part of a target, though the parser lets it through.
        guard !rest.contains("#") else { throw .bad("the target has a #") }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
    }
}
