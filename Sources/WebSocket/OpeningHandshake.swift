import COpenSSL
import Secrets

/// What makes a WebSocket of an HTTP/1.1 request (RFC 6455, section 4).
public enum OpeningHandshake {
    /// The subprotocol: messages of one or more lines of this project's protocol.
    public static let subprotocol = "coppice"
    /// The only version that there is.
    public static let version = "13"

    /// Whether a key is one: 16 bytes in base 64.
    public static func isKey(_ key: String) -> Bool {
        Base64.bytes(key)?.count == 16
    }

    /// What a server proves with that it has understood: `Sec-WebSocket-Accept` (RFC 6455, section 4.2.2).
    public static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        SHA1(text, text.count, &digest)
        return Base64.text(digest)
    }
}
