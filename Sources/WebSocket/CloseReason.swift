/// Why a connection ends, as one side tells the other (RFC 6455, section 7.4).
public struct CloseReason: Hashable, Sendable {
    public let code: Code
    /// For people: at most `FrameHeader.controlBytes` with the code.
    public let text: String

    /// The codes that a node sends (RFC 6455, section 7.4.1, and the registry that it founded).
    public enum Code: UInt16, Sendable {
        case normal = 1000
        /// The server goes away, or sends its clients elsewhere.
        case goingAway = 1001
        case protocolError = 1002
        /// Such a kind of data isn't taken.
        case unsupported = 1003
        case invalidText = 1007
        case policy = 1008
        case tooBig = 1009
        case tryAgainLater = 1013
    }

    public init(_ code: Code, _ text: String = "") {
        self.code = code
        self.text = text
    }

    /// The payload of a close frame. A text that is too long is cut at a character's end.
    public var payload: [UInt8] {
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            guard payload.count + bytes.count <= FrameHeader.controlBytes else { break }
            payload += bytes
        }
        return payload
    }

    /// Whether a code may stand in a close frame that somebody sends: those of RFC 6455 and its registry up to 1014,
    /// and 3000 to 4999, which are for libraries and applications.
    static func isAllowed(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
