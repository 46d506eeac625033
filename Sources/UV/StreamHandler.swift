/// The owner of a `Stream`, which the stream calls back.
///
/// The stream holds its handler unowned: the handler owns the stream, and closes it before it is freed itself. Any of
/// these methods may close the stream, or others. After `close()` and `finish(within:)` none is called any more.
public protocol StreamHandler: AnyObject {
    /// Bytes have come. They are lent: they lie in the loop's one read buffer, and are gone after the call. At most
    /// `UVLimits.readBufferBytes` come in one turn.
    func stream(_ stream: Stream, received bytes: RawSpan)

    /// The kernel has taken everything that `write` had to queue. This isn't called for bytes that the kernel took at
    /// once.
    func streamDrained(_ stream: Stream)

    /// The filter of the stream has opened: what the handler wrote before goes out, and text follows.
    func streamOpened(_ stream: Stream)

    /// Nothing more will be read.
    ///
    /// Without an error, the other side has closed its sending side. It may still read, so last answers can be written.
    /// With an error, the connection is broken in both directions. Either way the owner still has to close the stream.
    /// This is called at most once without an error and at most once with one.
    ///
    /// With `UVError.filterFailed` the connection still stands, so that the other side can read the filter's last word:
    /// see `Stream.filterFailure`.
    func streamEnded(_ stream: Stream, error: UVError?)
}

extension StreamHandler {
    public func streamOpened(_ stream: Stream) {}
}
