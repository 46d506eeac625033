import Tree
import Wire

extension ClientSession {
    /// What has happened.
    public enum Event: Equatable, Sendable {
        /// The first event.
        case started
        /// The connection that was asked for has been made. `token` is what to log in with where that isn't a secret.
        case connected(token: Secret? = nil)
        /// The connection that was asked for could not be made, or has been lost.
        case disconnected(reason: String)
        case received(ServerMessage)
        /// The program takes what is told; or it is behind, and nothing is read from the server.
        case reading(Bool)
        /// The program wants the session to end.
        case closed
        /// `nextDeadline` has been reached.
        case timePassed
    }

    /// What is to be done.
    public enum Effect: Equatable, Sendable {
        /// Open a connection. There is no other connection then.
        case connect(Address)
        /// Send these bytes: a line with its end.
        case send([UInt8])
        /// Give up the connection or the attempt. Nothing more may be reported about it.
        case disconnect
        /// Hand this to the program.
        case tell(Telling)
        /// An own message is safe.
        case resolve(Receipt)
        /// An own message is given up.
        case refuse(Outgoing, Refusal)
        /// Something that a person may want to know. Programs can leave it.
        case remark(Remark)
        /// The session is over; no effect follows. Without a fault it was closed.
        case end(ClientFault?)
    }

    /// What a session tells its program.
    public enum Telling: Equatable, Sendable {
        /// Something that somebody has said. Each message is told once.
        case message(Broadcast, isOwn: Bool)
        /// Entries that will not come any more.
        case gap(ServerMessage.Gap)
        /// - Parameter resumed: false at the first login.
        case connected(Address, name: String, resumed: Bool)
        /// Everything that was said while there was no server has come.
        case caughtUp(missed: Int)
        /// - Parameters:
        ///   - hadHeld: whether the login had held for a while.
        ///   - wasSentOn: the server has sent the client on, and lives.
        case lost(Address, reason: String, hadHeld: Bool, wasSentOn: Bool = false)
        /// The server says something that people should know. `waits`: whether it takes messages only as fast as the
        /// slowest link does.
        case notice(info: String, waits: Bool?)
    }

    /// An own message is safe: so many nodes hold it that it is shown to everybody.
    public struct Receipt: Equatable, Sendable {
        /// The number of the message.
        public let sequence: UInt64
        public let copies: Int
        /// How many nodes should hold it. Fewer copies mean that the server had no neighbours left.
        public let promised: Int
        /// Nil if a later message came back first: this one lies in a gap.
        public let id: EntryName?
        public let stamp: Stamp?

        public var isWhole: Bool { copies >= promised }

        public init(sequence: UInt64, copies: Int, promised: Int, id: EntryName? = nil, stamp: Stamp? = nil) {
            self.sequence = sequence
            self.copies = copies
            self.promised = promised
            self.id = id
            self.stamp = stamp
        }
    }

    /// Why an own message is given up.
    public enum Refusal: Equatable, Sendable {
        /// It would be longer than the server takes. It was not sent.
        case tooLong(TooLong)
        /// The server doesn't take it, and it isn't repeated.
        case byServer(info: String)
        /// The session has ended before it was known to be safe. It may still be shown to others.
        case ended(ClientFault?)
    }

    /// What happens on the way to a server, for people.
    public enum Remark: Equatable, Sendable {
        case registered
        /// A server could not be reached, or was lost before the login.
        case failed(Address, reason: String)
        /// The server takes nobody now. `times`: so many in a row.
        case turnedAway(Address, info: String, times: Int)
        /// All known servers have been tried, and will be tried again.
        case roundOver
        case redirected(from: Address, to: Address)
        /// The server complains; the connection closes.
        case complaint(info: String)
    }
}

/// A message that would be longer than the server takes.
public struct TooLong: Error, Equatable, Sendable {
    /// What its line would have.
    public let bytes: Int
    public let limitBytes: Int
}

/// Why something could not be done.
public struct ClientFault: Error, Equatable, Sendable {
    public enum Reason: String, Sendable {
        /// None of the given servers answered within `firstPatience`.
        case unreachable
        /// The name or the secret is wrong, or the token isn't valid.
        case loginRefused
        /// The name is taken, or can't be registered.
        case registrationRefused
        /// The server doesn't understand the first message: it is another kind of program, or refuses the name.
        case notUnderstood
        /// Servers complain again and again, and no single message can be the reason.
        case serverComplains
        /// The message would be longer than the server takes. It was not sent.
        case tooLong
        /// The server doesn't take this message, and it isn't sent again.
        case messageRefused
        /// The client was closed before the message was known to be safe. It may still be shown to others.
        case closed
    }

    public let reason: Reason
    /// What the server or the system says about it.
    public let info: String
    /// The server that it is about, where there is one.
    public let server: Address?

    public init(_ reason: Reason, _ info: String, at server: Address? = nil) {
        self.reason = reason
        self.info = info
        self.server = server
    }
}

extension ClientFault: CustomStringConvertible {
    public var description: String {
        switch (reason, server) {
        case (.unreachable, let server?): "\(server) can't be reached: \(info)"
        default: info.isEmpty ? reason.rawValue : info
        }
    }
}
