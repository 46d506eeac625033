/// Who owns a `Stream` and hears from it.
///
/// The stream holds its handler unowned: the handler owns the stream, and closes it before it goes itself. Any
/// of these calls may close the stream, or others; after `close()` and `finish(within:)` none comes any more.
public protocol StreamHandler: AnyObject {
    /// Bytes came in. They are lent: they lie in the one read buffer of the loop, and are gone after the call.
    /// At most `UVLimits.readBufferBytes` come in one turn.
    func stream(_ stream: Stream, received bytes: RawSpan)

    /// Everything that `write` had to queue is with the kernel now. It doesn't come for bytes which the kernel
    /// took at once.
    func streamDrained(_ stream: Stream)

    /// Nothing more will be read.
    ///
    /// Without an error the other side has closed its sending side; it may still be listening, so last answers
    /// can be written. With an error the connection is gone in both directions. Either way the stream is still
    /// to be closed by its owner. It is called at most once without an error and at most once with one.
    func streamEnded(_ stream: Stream, error: UVError?)
}
