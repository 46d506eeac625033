import JSON
import Session
import Tree
import Wire

/// A client of the network: it talks and listens, and goes on elsewhere when its server dies.
///
///     let client = try Client("localhost:3780")
///     try await client.connect()
///     try await client.say("hello")
///     for try await event in client.events {
///         if case .message(let message) = event { print(message.sender, message.activity) }
///     }
///
/// It may be used from any task. It ends with `close()`, or when the last reference goes.
public final class Client: Sendable {
    private let running: RunningClient

    /// - Parameters:
    ///   - servers: `HOST:PORT` of one server, or of several. Further ones are learned from the servers.
    /// - Throws: if one of them is no address, or the authorities can't be read.
    public init(_ servers: String..., options: ClientOptions = ClientOptions()) throws {
        running = try Self.begin(servers, options)
    }

    public init(_ servers: [String], options: ClientOptions = ClientOptions()) throws {
        running = try Self.begin(servers, options)
    }

    private static func begin(_ servers: [String], _ options: ClientOptions) throws -> RunningClient {
        guard !servers.isEmpty else { throw NotAnAddress(text: "") }
        let addresses = try servers.map { text in
            guard let address = Address(text) else { throw NotAnAddress(text: text) }
            return address
        }
        return RunningClient(addresses, options, try options.context())
    }

    deinit {
        let running = running
        Task { await running.close() }
    }

    /// Returns when the client has logged in.
    ///
    /// - Throws: `ClientFault` if it can't; `CancellationError` if the task is cancelled, which closes the client.
    public func connect() async throws { try await running.connect() }

    /// Says something to everybody: an object. Returns when it is safe.
    ///
    /// Messages are numbered in the order of these calls, and keep it. While too many are under way, it waits. If the
    /// server dies meanwhile, the message is said again elsewhere.
    ///
    /// - Throws: `ClientFault` if the message was given up; `CancellationError`, which takes nothing back of what was
    ///   sent.
    @discardableResult
    public func say(_ activity: JSON) async throws -> Receipt { try await post(activity).receipt }

    /// Says a text: it becomes `{"object": TEXT}`.
    @discardableResult
    public func say(_ text: String) async throws -> Receipt { try await say(["object": .string(text)]) }

    /// As `say`, but returns as soon as there is room for the message among those under way.
    public func post(_ activity: JSON) async throws -> PendingReceipt {
        guard case .object = activity else { throw ClientFault(.messageRefused, "an activity is an object") }
        var text: [UInt8] = []
        activity.encode(into: &text)
        return try await running.post(text)
    }

    public func post(_ text: String) async throws -> PendingReceipt { try await post(["object": .string(text)]) }

    /// What is said and what happens, in order, to one reader at a time. It ends when the client is closed, and throws
    /// the `ClientFault` that ended it.
    ///
    /// While more than `ClientOptions.queue` events wait, the client reads nothing from its server, receipts included.
    /// A client that is behind by far is closed by its server, and resumes when the program has caught up. Before this
    /// is used for the first time nothing waits: the newest events are kept, and `skipped` says how many are not.
    public var events: ClientEvents { ClientEvents(running: running, client: self) }

    /// Returns when everything that was said is safe.
    public func flush() async throws { try await running.flush() }

    /// Logs out. Messages that are not known to be safe get the fault `closed`.
    public func close() async { await running.close() }

    /// The client's name as others see it.
    public var name: String { get async { await running.name } }

    /// The server at which the client is logged in; nil while it looks for one.
    public var server: String? { get async { await running.server } }

    /// Messages of this client that are not known to be safe.
    public var countUnsafe: Int { get async { await running.countUnsafe } }
}

/// The events of a client.
public struct ClientEvents: AsyncSequence, Sendable {
    public typealias Element = ClientEvent

    let running: RunningClient
    /// It is closed with its last reference, and who listens has one.
    let client: Client

    public func makeAsyncIterator() -> Iterator { Iterator(running: running, client: client) }

    public struct Iterator: AsyncIteratorProtocol {
        let running: RunningClient
        let client: Client

        public mutating func next() async throws -> ClientEvent? { try await running.next() }
    }
}

/// What was given as a server is not `HOST:PORT`.
public struct NotAnAddress: Error, CustomStringConvertible {
    public let text: String

    public var description: String { "\"\(text)\" is not HOST:PORT" }
}

extension Address {
    /// Reads `HOST:PORT`, or `[IPV6]:PORT`.
    fileprivate init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }
}
