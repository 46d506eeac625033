import Tree
import Wire

/// How to talk to one kind of server: what a client sends to get in, how it sends a message, and where in the server's
/// bytes one unit ends and the next begins.
///
/// A dialect keeps nothing about a client, and knows neither sockets nor the checks.
protocol Dialect {
    /// What a client sends as soon as it is connected.
    ///
    /// - Parameter seen: what it has seen at another server, which it goes on after; nil when it comes for the first
    ///   time, or anew.
    func opening(of who: Member, seen: [String: UInt64]?) -> [UInt8]

    /// The first unit of these bytes.
    func frame(_ bytes: RawSpan, of who: Member) -> Frame

    /// The bytes before and after the payload of a message that this client sends.
    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8])

    /// Whether a receiving connection can't send, so that senders need a second one.
    var sendsApart: Bool { get }

    /// What a message is called by the server, so that a client can say elsewhere what it has seen; nil where it can't.
    func name(of message: RawSpan) -> EntryName?
}

extension Dialect {
    var sendsApart: Bool { false }

    func name(of message: RawSpan) -> EntryName? { nil }
}

/// The first unit of the bytes that a server has sent.
enum Frame: Equatable {
    case incomplete
    /// A message for all clients, of this many bytes. Its payload is somewhere in it.
    case message(byteCount: Int)
    /// Anything else that the protocol has.
    case word(byteCount: Int, Word)
    /// No server of this kind sends these bytes.
    case nonsense(String)
}

/// What a server sends besides messages.
enum Word: Equatable {
    /// Nothing that needs an answer.
    case noted
    case answer([UInt8])
    /// From now on every message reaches this client.
    ///
    /// - Parameters:
    ///   - seen: what lies before, and needn't be asked for; nil where the protocol doesn't say.
    ///   - pass: how the client may log in elsewhere; nil if as it did here.
    case loggedIn(seen: [String: UInt64]?, pass: ResumePass? = nil)
    case redirected(host: String, port: UInt16)
    /// It takes nobody now; others are at these.
    case turnedAway(String, servers: [Address])
    /// The server doesn't let the client in, or says why it closes.
    case refused(String)
}

/// What a client shows at another server instead of its secret.
struct ResumePass: Equatable {
    let session: String
    let token: Secret
}

/// A client of the flood, by its number.
struct Member: Equatable {
    let number: Int
    /// Nil for an anonymous client.
    var name: String?
    var secret: String?
    /// From its last login, if it has a name.
    var pass: ResumePass?
    /// Whether this connection only sends.
    var onlySends = false
    /// A server sent it on within the last minute.
    var wasRedirected = false
}
