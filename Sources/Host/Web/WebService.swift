import HTTPCodec
import Tree
import WebSocket

/// What a node answers to requests of HTTP (docs/protocol.md#http).
///
/// It decides by the request alone, and keeps nothing. A connection ends after each answer, unless it becomes a
/// WebSocket: so a request counts as a stranger's connection, for as long as nobody is logged in on it.
struct WebService {
    /// What becomes of a request.
    enum Outcome {
        case answer(HTTPResponse)
        /// The connection becomes a WebSocket, with these bytes before its first frame, and perhaps with compressed
        /// messages.
        case webSocket([UInt8], compresses: Bool)
        /// The connection stays until this has come to its end.
        case call(APICall)
    }

    private let origins: WebOrigins
    /// The files of the page by their paths; empty if the page isn't served.
    private let files: [String: WebFile]
    private let offersCompression: Bool

    init(origins: WebOrigins, files: [String: WebFile], offersCompression: Bool = false) {
        self.origins = origins
        self.files = files
        self.offersCompression = offersCompression
    }

    /// - Parameters:
    ///   - isEncrypted: whether it came in TLS.
    ///   - isServing: whether the node takes clients.
    ///   - isNode: whether a node of the network has an address.
    func outcome(
        of request: HTTPRequest, isEncrypted: Bool, isServing: Bool, isNode: (Address) -> Bool
    ) -> Outcome {
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch request.path {
        case "/ws": return upgrade(request, isEncrypted: isEncrypted, isNode)
        case "/api/say":
            return api(request, method: "POST", .say(request.body), isEncrypted: isEncrypted, isNode)
        case "/api/token": return api(request, method: "POST", .token, isEncrypted: isEncrypted, isNode)
        case "/api/listen": return api(request, method: "GET", .listen, isEncrypted: isEncrypted, isNode)
        case "/health" where isRead:
            return .answer(isServing ? Self.text(200, "serving") : Self.text(503, "leaving: try another server"))
        case let path where isRead && files[path] != nil: return .answer(files[path]!.response)
        case "/health": return .answer(Self.notAllowed("GET, HEAD"))
        case let path where files[path] != nil: return .answer(Self.notAllowed("GET, HEAD"))
        default: return .answer(Self.text(404, "there is nothing here"))
        }
    }

    /// A program's request, perhaps from a page of another origin (CORS, as the Fetch standard has it).
    private func api(
        _ request: HTTPRequest, method: String, _ purpose: APICall.Purpose, isEncrypted: Bool,
        _ isNode: (Address) -> Bool
    ) -> Outcome {
        let origin = request.fields.values("Origin").first
        let host = request.fields.single("Host") ?? ""
        guard origins.allows(origin, at: host, isEncrypted: isEncrypted, isNode: isNode) else {
            return .answer(APIProblem(403, "pages of this origin may not ask here (--web-origins)").response)
        }
        var fields: HTTPFields = [:]
        if let origin {
            fields.append("Access-Control-Allow-Origin", origin)
            fields.append("Vary", "Origin")
        }
        if request.method == "OPTIONS" {
            fields.append("Access-Control-Allow-Methods", method)
            fields.append("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID")
            return .answer(HTTPResponse(status: 204, fields: fields))
        }
        guard request.method == method else { return .answer(Self.notAllowed("\(method), OPTIONS")) }
        do throws(APIProblem) {
            return .call(try APICall(request, purpose, fields: fields))
        } catch {
            return .answer(error.response)
        }
    }

    private static func notAllowed(_ methods: String) -> HTTPResponse {
        var response = text(405, "here are: \(methods)")
        response.fields.append("Allow", methods)
        return response
    }

    static func text(_ status: Int, _ text: String) -> HTTPResponse {
        var response = HTTPResponse(status: status, text: text + "\n")
        response.fields.append("Cache-Control", "no-store")
        response.fields.append("X-Content-Type-Options", "nosniff")
        return response
    }

    /// Makes a WebSocket of a request that asks for one as RFC 6455, section 4.2, has it.
    private func upgrade(_ request: HTTPRequest, isEncrypted: Bool, _ isNode: (Address) -> Bool) -> Outcome {
        guard request.method == "GET" else { return .answer(Self.notAllowed("GET")) }
        guard request.upgrades.contains("websocket") else {
            var response = Self.text(426, "here is a WebSocket: ask with Upgrade: websocket")
            response.fields.append("Upgrade", "websocket")
            response.fields.append("Connection", "Upgrade")
            return .answer(response)
        }
        let fields = request.fields
        guard fields.single("Sec-WebSocket-Version") == OpeningHandshake.version else {
            var response = Self.text(426, "this server speaks version 13 of WebSocket")
            response.fields.append("Sec-WebSocket-Version", OpeningHandshake.version)
            return .answer(response)
        }
        guard request.body.isEmpty, let key = fields.single("Sec-WebSocket-Key"), OpeningHandshake.isKey(key) else {
            return .answer(Self.text(400, "Sec-WebSocket-Key is missing, or isn't 16 bytes in base 64"))
        }
        let origin = fields.values("Origin")
        guard origin.count <= 1,
            origins.allows(origin.first, at: fields.single("Host") ?? "", isEncrypted: isEncrypted, isNode: isNode)
        else {
            return .answer(Self.text(403, "pages of this origin may not connect here (--web-origins)"))
        }
        var answer: HTTPFields = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": OpeningHandshake.accept(key),
        ]
        if fields.list("Sec-WebSocket-Protocol").contains(OpeningHandshake.subprotocol) {
            answer.append("Sec-WebSocket-Protocol", OpeningHandshake.subprotocol)
        }
        let agreed = offersCompression ? MessageDeflate.answer(to: fields.list("Sec-WebSocket-Extensions")) : nil
        if let agreed { answer.append("Sec-WebSocket-Extensions", agreed) }
        return .webSocket(
            HTTPResponse(status: 101, fields: answer).bytes(answering: request), compresses: agreed != nil)
    }
}
