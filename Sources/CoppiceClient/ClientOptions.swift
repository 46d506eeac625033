import Session
import TLS
import Tree
import UV

/// How a client connects, and as whom.
public struct ClientOptions: Sendable {
    /// Who the client is.
    public enum User: Sendable {
        case anonymous
        /// - Parameter registers: whether the name is registered with the secret first.
        case named(String, secret: String, registers: Bool = false)
        /// A token that somebody else vouches with for who the client is (a JWT).
        case token(String)
        /// The same, fetched before each login.
        case fetchedToken(@Sendable () async throws -> String)
    }

    /// Whom a client believes that it is connected to the right server.
    public enum Encryption: Sendable {
        /// Nothing is encrypted.
        case none
        /// TLS, by the authorities of this machine.
        case system
        /// TLS, by these authorities alone: the path of a file (PEM).
        case authorities(file: String)
    }

    public var user: User
    public var encryption: Encryption
    /// The session to go on under; nil for a new one. It is a secret: who knows it can go on under it.
    public var session: String?
    /// See `SessionLimits`.
    public var limits: SessionLimits
    /// Events that wait for the program. When there are more, the client reads nothing from its server.
    public var queue: Int
    /// What tests leave out.
    package var mutation: SessionMutation?

    public init(
        user: User = .anonymous, encryption: Encryption = .none, session: String? = nil,
        limits: SessionLimits = SessionLimits(), queue: Int = 1024
    ) {
        precondition(queue > 0, "some event has to wait")
        self.user = user
        self.encryption = encryption
        self.session = session
        self.limits = limits
        self.queue = queue
    }

    func context() throws -> TLSContext? {
        switch encryption {
        case .none: nil
        case .system: try TLSContext(connecting: .system)
        case .authorities(let file): try TLSContext(connecting: .authorities(try Files.read(file)))
        }
    }

    var identity: Identity {
        let session = self.session ?? Self.newSession()
        return switch user {
        case .named(let name, let secret, _): Identity(username: name, secret: secret, session: session)
        case .anonymous, .token, .fetchedToken: Identity(session: session)
        }
    }

    var registers: Bool {
        if case .named(_, _, true) = user { true } else { false }
    }

    /// 128 random bits.
    private static func newSession() -> String {
        var system = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(system.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// See `ClientOptions.limits`.
public typealias SessionLimits = Session.SessionLimits
