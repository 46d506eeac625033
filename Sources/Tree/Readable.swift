// What clients read: lines, one behind the other, at offsets that only grow. Whoever runs the node keeps a cursor for each
// client that follows them, and knows nothing of the log behind.

extension Node {
    /// Clients may read up to here.
    public var readableEnd: UInt64 { log.offset(of: log.safe) }

    /// What lies before is no longer kept.
    public var readableStart: UInt64 { log.firstOffset }

    /// The lines between two offsets, as far as they are one piece. There has to be something between them.
    public func withReadable<R>(from offset: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        log.withLines(from: offset, upTo: limit, body)
    }
}
