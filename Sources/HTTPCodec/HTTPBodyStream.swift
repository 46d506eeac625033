/// An answer whose body comes in pieces, and whose end isn't known: Server-Sent Events, for one.
///
/// The pieces are chunks. A sender of HTTP/1.0 knows none: it gets the bytes as they are, and the end of the connection
/// is the end of the body.
public struct HTTPBodyStream: Equatable, Sendable {
    /// Whether pieces are written as chunks.
    public let hasChunks: Bool
    /// Whether there is no body at all, since only the head was asked for.
    public let isBare: Bool
    /// Whether the connection may go on after the end.
    public let keepsAlive: Bool

    /// - Parameter isLast: whether the connection ends with the body, for another reason than that the request wants
    ///   it.
    public init(answering request: HTTPRequest, isLast: Bool = false) {
        hasChunks = !request.isOld
        isBare = request.method == "HEAD"
        keepsAlive = !isLast && !request.isOld && request.keepsAlive
    }

    /// The bytes before the first piece.
    public func head(status: Int, fields: HTTPFields) -> [UInt8] {
        precondition(HTTPResponse.mayHaveBody(status), "an answer of this status has no body")
        var head = HeadText(status: status, fields: fields)
        if hasChunks { head.add("Transfer-Encoding", "chunked") }
        if !keepsAlive { head.add("Connection", "close") }
        return head.finished()
    }

    /// The bytes before a piece of so many bytes, of which there is at least one. `pieceEnd` comes after it. So a large
    /// piece can be sent from where it lies.
    public func pieceBegin(_ count: Int) -> [UInt8] {
        precondition(count > 0, "a chunk without bytes would end the body")
        return hasChunks ? Array("\(String(count, radix: 16))\r\n".utf8) : []
    }

    public var pieceEnd: [UInt8] { hasChunks ? [0x0d, 0x0a] : [] }

    /// A piece as it is sent; nothing for no bytes.
    public func piece(_ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty || isBare ? [] : pieceBegin(bytes.count) + bytes + pieceEnd
    }

    /// The bytes after the last piece. Unless `keepsAlive`, the connection is closed then.
    public var end: [UInt8] { hasChunks && !isBare ? Array("0\r\n\r\n".utf8) : [] }
}
