import WebSocket

/// How often the clients' port has given each answer of HTTP, and ended WebSockets with each code.
struct WebCounts {
    /// By status. There are few of them, whatever programs ask.
    private(set) var answers: [Int: UInt64] = [200: 0]
    /// By code (RFC 6455, section 7.4.1).
    private(set) var closes: [UInt16: UInt64] = [1000: 0]

    mutating func answered(_ status: Int) { answers[status, default: 0] += 1 }

    /// - Parameter payload: of the close frame that was sent. A program that closes by itself gets its own code back.
    mutating func closed(with payload: [UInt8]) {
        let code = payload.count < 2 ? 1005 : UInt16(payload[0]) << 8 | UInt16(payload[1])
        closes[CloseReason.Code(rawValue: code)?.rawValue ?? 0, default: 0] += 1
    }
}
