/// A filter between the socket of a stream and its handler. It turns the bytes of the one into those of the other, as
/// TLS does.
///
/// It has no socket and keeps no time. The stream gives it the received bytes, and sends the bytes that it makes. Bytes
/// that it lends to a call are gone after that call.
public protocol StreamFilter: AnyObject {
    var state: StreamFilterState { get }

    /// Lends the bytes that have to be sent before any have come.
    func begin(send: (RawSpan) -> Void)

    /// Takes bytes of the socket. First lends the bytes to send in answer, then the text that the received bytes hold,
    /// all in one piece.
    func receive(_ bytes: RawSpan, send: (RawSpan) -> Void, text: (RawSpan) -> Void)

    /// Turns text into bytes for the socket. Not before it is open.
    func write(_ text: RawSpan, send: (RawSpan) -> Void)

    /// Says to the other side that nothing more is written.
    func finish(send: (RawSpan) -> Void)
}

/// How far a filter has come.
public enum StreamFilterState: Equatable, Sendable {
    /// Neither side has proved anything yet. Text that is written waits. May become open, or fail.
    case opening
    /// Text goes both ways. May end, or fail.
    case open
    /// The other side has said that it writes no more. Text may still be written.
    case ended
    /// The filter has failed, with the reason. The text of the other side may be incomplete.
    case failed(String)
}
