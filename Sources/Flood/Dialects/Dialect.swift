/// How one kind of server is spoken to: what a client says to get in, how a message is sent, and where in what the
/// server sends one thing ends and the next begins.
///
/// A dialect reads; it keeps nothing about a client, and knows neither sockets nor the checks.
protocol Dialect {
    /// What a client sends as soon as it is connected.
    func opening(of who: Member) -> [UInt8]

    /// What comes first in these bytes.
    func frame(_ bytes: RawSpan, of who: Member) -> Frame

    /// What stands before and after the payload of a message that this client sends.
    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8])

    /// Whether who receives can't send on the same connection, so that senders need one more.
    var sendsApart: Bool { get }
}

extension Dialect {
    var sendsApart: Bool { false }
}

/// The first whole thing in what a server has sent.
enum Frame: Equatable {
    case incomplete
    /// A message for everybody, of so many bytes. Its payload is somewhere in it.
    case message(byteCount: Int)
    /// Something else.
    case word(byteCount: Int, Word)
    /// No server of this kind sends that.
    case nonsense(String)
}

/// What a server says besides messages.
enum Word: Equatable {
    /// Nothing that has to be answered.
    case noted
    case answer([UInt8])
    /// From now on every message comes.
    case loggedIn
    case redirected(host: String, port: UInt16)
    /// It doesn't let the client in, or says why it closes.
    case refused(String)
}

/// Who speaks: a client of the flood, by its number.
struct Member: Equatable {
    let number: Int
    /// Nil for anonymous.
    var name: String?
    var secret: String?
    /// On a connection that only sends.
    var onlySends = false
}
