/// What stands between the socket of a stream and its handler, and turns the bytes of the one into those of the other,
/// as TLS does.
///
/// It has no socket and keeps no time. The stream tells it what came, and sends what it gives. What it lends is gone
/// after the call that it is lent to.
public protocol StreamFilter: AnyObject {
    var state: StreamFilterState { get }

    /// Says what has to be sent before anything has come.
    func begin(send: (RawSpan) -> Void)

    /// Takes bytes of the socket. First lends what the other side is to be sent for them, then the text that they hold,
    /// all in one piece.
    func receive(_ bytes: RawSpan, send: (RawSpan) -> Void, text: (RawSpan) -> Void)

    /// Turns text into bytes for the socket. Not before it is open.
    func write(_ text: RawSpan, send: (RawSpan) -> Void)

    /// Says to the other side that nothing more is written.
    func finish(send: (RawSpan) -> Void)
}

/// How far a filter has come.
public enum StreamFilterState: Equatable, Sendable {
    /// Nobody has proved anything yet. Text that is written waits. May become open, or fail.
    case opening
    /// Text goes both ways. May end, or fail.
    case open
    /// The other side has said that it writes no more. Text may still be written.
    case ended
    /// It is over, and why. What the other side sent is never believed to be whole.
    case failed(String)
}
