import HTTPCodec
import Secrets

/// Decides who may ask the admin port for what.
struct AdminAccess {
    /// Nil lets everybody ask who reaches the port: that is this machine, since a node with a port for others needs a
    /// token.
    let token: String?
    /// Whether this node has a certificate, so that nobody else need show a token in clear.
    let hasTLS: Bool

    /// Why a request is refused; nil if it isn't.
    ///
    /// - Parameters:
    ///   - isEncrypted: whether it came by TLS.
    ///   - isLocal: whether it came from this machine.
    func refusal(of request: HTTPRequest, isEncrypted: Bool, isLocal: Bool) -> HTTPResponse? {
        if AdminPage.isOpen(request.path) || WebFile.treePage[request.path] != nil { return nil }
        guard let token else { return nil }
        guard isEncrypted || isLocal || !hasTLS else {
            return HTTPResponse(status: 403, text: "use https: others can read a token on the way\n")
        }
        guard let shown = Self.bearer(request), constantTimeEqual(shown, token) else {
            var response = HTTPResponse(
                status: 401, text: "the token of --admin-token-file is missing or wrong (Authorization: Bearer TOKEN)\n"
            )
            response.fields.append("WWW-Authenticate", "Bearer realm=\"coppice\"")
            return response
        }
        return nil
    }

    private static func bearer(_ request: HTTPRequest) -> String? {
        guard let field = request.fields.single("Authorization") else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

/// What the admin port has to show.
enum AdminPage: String {
    case health = "/health"
    case ready = "/ready"
    case metrics = "/metrics"
    case tree = "/tree"

    /// Whether everybody may see it: it says no more than whether the node works.
    static func isOpen(_ path: String) -> Bool {
        switch AdminPage(rawValue: path) {
        case .health?, .ready?: true
        case .metrics?, .tree?, nil: false
        }
    }
}
