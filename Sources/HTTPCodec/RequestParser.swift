internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

/// SwiftNIO's parser (llhttp) without its sockets and its loop: bytes in, parts of requests out.
///
/// NIO's decoder can only live in a channel. An embedded one has no I/O and does everything within the call.
final class RequestParser {
    private let channel: EmbeddedChannel
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let collector = PartCollector()
    private let limits: HTTPLimits

    init(_ limits: HTTPLimits) {
        self.limits = limits
        var bounds = NIOHTTPDecoderLimitConfiguration()
        bounds.maxHeaderFieldSize = limits.headBytes
        bounds.maxHeaderListSize = limits.headBytes
        bounds.maxHeaderFieldCount = limits.fields
        decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds))
        channel = EmbeddedChannel(handlers: [decoder, collector])
    }

    deinit {
        // The decoder holds itself until the channel lets it go. What is left in it is nobody's.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// Parses further bytes. The parts before a fault come first.
    func parse(_ bytes: ArraySlice<UInt8>) -> (parts: [HTTPServerRequestPart], fault: HTTPFault?) {
        do {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            collector.failure = collector.failure ?? error
        }
        let fault = collector.failure.map(fault)
        defer { collector.parts = [] }
        return (collector.parts, fault)
    }

    /// After a request that may upgrade: the bytes behind it, which weren't parsed. The parser can't be used any more.
    func takeRest() -> [UInt8] {
        let pipeline = channel.pipeline.syncOperations
        pipeline.removeHandler(collector, promise: nil)
        pipeline.removeHandler(decoder, promise: nil)
        channel.embeddedEventLoop.run()
        var rest: [UInt8] = []
        while let buffer = try? channel.readInbound(as: ByteBuffer.self) { rest += buffer.readableBytesView }
        return rest
    }

    private func fault(of error: any Error) -> HTTPFault {
        guard let error = error as? HTTPParserError else { return .bad("this is no HTTP/1.1") }
        switch error {
        case .headerOverflow: return .headTooLong(limits)
        case .invalidVersion:
            return HTTPFault(
                status: 505, reason: "the request line has to end with HTTP/1.1 (or HTTP/1.0), CR and LF")
        case .invalidMethod: return .bad("the method is unknown")
        case .invalidURL: return .bad("the target has characters that must not be there")
        case .invalidHeaderToken, .invalidCharactersUsed: return .bad("a header field is malformed")
        case .invalidContentLength: return .bad("the Content-Length is no number")
        case .unexpectedContentLength: return .bad("the length of the body is told more than once")
        case .invalidChunkSize: return .bad("the length of a chunk is no number")
        case .lfExpected: return .bad("a line doesn't end with CR and LF")
        case .invalidConstant: return .bad("this is no HTTP/1.1: the request line is malformed")
        case .closedConnection: return .bad("there are bytes after a request that said it was the last")
        default: return .bad("this is no HTTP/1.1")
        }
    }
}

/// Keeps what the decoder has made until the call returns.
private final class PartCollector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    var parts: [HTTPServerRequestPart] = []
    var failure: (any Error)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parts.append(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? error
    }
}
