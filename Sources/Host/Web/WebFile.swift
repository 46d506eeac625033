import HTTPCodec

/// A file of the page, in the program itself.
public struct WebFile: Sendable {
    let type: String
    let bytes: [UInt8]
    /// The page may load its own files, and connect to these sources, and nothing else: no scripts in its text, no
    /// frames around it.
    private let policy: String

    /// - Parameters:
    ///   - type: of its content, as `text/html; charset=utf-8`.
    ///   - connecting: what it may connect to, as a Content-Security-Policy has it. The page to chat with may connect
    ///     to any host, since it goes on at another node when its own is lost.
    public init(type: String, bytes: [UInt8], connecting sources: String = "'self' ws: wss:") {
        self.type = type
        self.bytes = bytes
        policy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
            + "connect-src \(sources); base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    var response: HTTPResponse {
        HTTPResponse(
            status: 200,
            fields: [
                "Content-Type": type, "Cache-Control": "no-cache", "Content-Security-Policy": policy,
                "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            ], body: bytes)
    }
}
