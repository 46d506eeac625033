/// The kind of server that answers at an address where a node or a clock server was expected.
public enum ForeignServer: Hashable, Sendable {
    /// A server of the base protocol.
    case base
    /// A server of the original system.
    case original
    /// A clock server.
    case clock
    case http
    case tls
    /// A node that doesn't know the secret.
    case stranger
    /// A node with which no link comes about by certificates, with a sentence that says why.
    case uncertified(String)
    /// A server that answers in clear where links are encrypted, and may be a node.
    case plain
    case ssh
    case redis
    /// Anything else, with a clause for people that says what it did.
    case unknown(String)
    /// The server closes connections without sending anything.
    case closes
    /// The server accepts connections and sends nothing.
    case silent

    /// The kind of server that the first bytes show. Nil if they may be JSON, or are too few to tell.
    ///
    /// - Parameter isAll: whether no more bytes will come.
    public static func recognised(by first: RawSpan, isAll: Bool = false) -> ForeignServer? {
        var bytes = first.withUnsafeBytes { [UInt8]($0) }
        // A Java program may write two bytes of length before the brace.
        guard !bytes.prefix(3).contains(UInt8(ascii: "{")) else { return nil }
        bytes.removeFirst(bytes.prefix { $0 == 32 || $0 == 13 || $0 == 10 }.count)
        guard !bytes.isEmpty, isAll || bytes.count >= 4 else { return nil }
        // A record of TLS: an alert or a handshake, of version 3.
        if bytes.count >= 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 { return .tls }
        let line = bytes.prefix { $0 != 10 && $0 != 13 }.prefix(Limits.foreignTextBytes)
        for (opening, server) in openings where line.starts(with: opening.utf8) { return server }
        return .unknown("it says \"\(String(decoding: line, as: UTF8.self))\"")
    }

    private static let openings: [(String, ForeignServer)] = [
        ("HTTP/", .http), ("<", .http), ("SSH-", .ssh), ("-ERR", .redis), ("-NOAUTH", .redis), ("-DENIED", .redis),
    ]

    /// The kind of server that sends this message, if no node sends it there. Nil if a node may send it.
    init?(_ message: Message) {
        switch message {
        case .authenticationSuccess(let acceptance) where acceptance.member == nil: self = .original
        // A node gives a reason.
        case .authenticationFail(let refusal) where refusal.reason == nil:
            self = refusal.info.isEmpty ? .original : .base
        case .serverAnnounce(let announcement) where announcement.version == nil: self = .base
        case .broadcast, .lockRequest, .lockAllowed, .lockDenied: self = .base
        case .invalidMessage(let info) where info.contains("GET_TIME"): self = .clock
        // A node sends this too, when it is too busy for newcomers.
        case .invalidMessage(let info), .unavailable(let info, _):
            self = .unknown("it says INVALID_MESSAGE, \"\(info)\"")
        case .authenticate, .probe: self = .unknown("it says what it is sent")
        default: return nil
        }
    }

    /// The kind of server that answers with this message in clear, where a node would encrypt.
    public init(inClear message: Message) {
        self = ForeignServer(message) ?? .plain
    }

    /// False if it may also be a node that is stopping, has just started, or is suspended.
    var isCertain: Bool {
        switch self {
        case .base, .original, .clock, .http, .tls, .stranger, .uncertified, .plain, .ssh, .redis: true
        case .unknown, .closes, .silent: false
        }
    }

    /// The same value for all unknown servers.
    fileprivate var kind: ForeignServer { if case .unknown = self { .unknown("") } else { self } }

    /// Why there is no link with it by certificates, if that is so.
    public var linkObstacle: String? { if case .uncertified(let why) = self { why } else { nil } }
}

extension ForeignServer: CustomStringConvertible {
    /// With its verb: "an HTTP server answers".
    public var description: String {
        switch self {
        case .base: "a server of the base protocol answers"
        case .original: "a server of the original system answers"
        case .clock: "a clock server answers"
        case .http: "an HTTP server answers"
        case .tls: "a server that speaks TLS answers"
        case .stranger: "a node that doesn't know the secret answers"
        case .uncertified(let why): "a node answers, and there is no link: \(why)"
        case .plain: "a server that answers in clear is told no secret (--plain-links)"
        case .ssh: "an SSH server answers"
        case .redis: "a Redis server answers"
        case .unknown(let what): "another server answers (\(what))"
        case .closes: "a server closes each connection without a word"
        case .silent: "a server takes connections and says nothing"
        }
    }
}

/// Addresses where no node answers, and the instants before which they aren't tried again. Each pause is longer than
/// the one before.
struct ForeignServers {
    private struct Found {
        var tries = 0
        var until: Instant
        /// The kinds of servers that were reported for this address.
        var reported: [ForeignServer] = []
    }

    private var found: [Address: Found] = [:]

    /// Notes that a server that is no node answers at an address.
    ///
    /// - Returns: whether this is news that operators should be told.
    mutating func found(
        _ server: ForeignServer, at address: Address, now: Instant, _ limits: Limits, random: inout RandomNumbers
    ) -> Bool {
        guard found[address] != nil || found.count < limits.knownNodes else { return false }
        var entry = found[address] ?? Found(until: now)
        var pause = limits.foreignPause.lowerBound
        for _ in 0..<min(entry.tries, 32) where pause < limits.foreignPause.upperBound { pause = pause * 3 / 2 }
        entry.tries += 1
        entry.until = now + random.around(min(pause, limits.foreignPause.upperBound))
        // A certain finding isn't followed by a report of a guess.
        let isNews = server.isCertain ? !entry.reported.contains(server.kind) : entry.reported.isEmpty
        if isNews { entry.reported.append(server.kind) }
        found[address] = entry
        return isNews
    }

    /// Something accepts connections there, and the node listens to it.
    mutating func wait(for address: Address, until: Instant, _ limits: Limits) {
        guard found[address] != nil || found.count < limits.knownNodes else { return }
        found[address, default: Found(until: until)].until = until
    }

    /// Notes that a node is there after all.
    mutating func forget(_ address: Address) { found[address] = nil }

    /// How long the address must not be tried; nil if it may be.
    func pause(of address: Address, at now: Instant) -> Duration? {
        guard let until = found[address]?.until, until > now else { return nil }
        return until - now
    }
}

/// How an address came to be tried.
public enum TriedAs: Hashable, Sendable {
    case parent
    case seed
    /// Other nodes have named it, or this node remembers it.
    case known
}

extension Refusal {
    /// The node at the parent's address doesn't know the secret that it was to prove, or there is no link by
    /// certificates. Nil for a server that is no node.
    fileprivate init?(ofParent server: ForeignServer) {
        switch server {
        case .stranger: self.init(reason: .secret, info: "\(server)")
        case .uncertified(let why): self.init(reason: .certificate, info: why)
        default: return nil
        }
    }
}

// Servers that answer where a node was expected (docs/protocol.md#attaching).

extension Node {
    /// Notes that no node answers at an address. This is reported once, and the address is tried ever more rarely.
    func foundForeign(_ found: ForeignServer, at contact: Contact) {
        var server = found
        if case .unknown(let words) = found, words.contains(secrets.parent.text) {
            // The server repeats the secret that it was shown: it must not come into the log.
            server = .unknown("what it says has the secret in it")
        }
        topology.deadpool.failed(contact.address, at: now.instant)
        // A node that was met there may be stopping just now.
        let wasMet = contact.node ?? topology.deadpool.contact(at: contact.address)?.node
        guard server.isCertain || wasMet == nil else { return }
        noteFailure(of: contact.address, Refusal(reason: nil, info: "\(server): check -rh and -rp"))
        guard topology.deadpool.foreign.found(server, at: contact.address, now: now.instant, limits, random: &random)
        else {
            return
        }
        let triedAs: TriedAs =
            contact.address == configuration.parent
            ? .parent : topology.deadpool.isSeed(contact) ? .seed : .known
        report(.noNode(server, contact.address, triedAs))
    }

    /// The first bytes on a connection that this node opened are no message.
    func receivedForeign(_ server: ForeignServer, on connection: ConnectionID) {
        if let search = topology.search, let lost = search.lost(connection) {
            // The candidate sent something before it was asked.
            emit(.close(connection, .now))
            if lost.candidate.address == configuration.parent, let refusal = Refusal(ofParent: server) {
                return candidateRefused(refusal, by: lost.candidate, in: search)
            }
            foundForeign(server, at: lost.candidate)
            advanceSearch()
        } else if let dial = topology.probing.ended(on: connection) {
            emit(.close(connection, .now))
            guard dial.contact.address == configuration.parent, let refusal = Refusal(ofParent: server) else {
                return probeFailed(dial, server)
            }
            probeFailed(dial)
            noteFailure(of: dial.contact.address, refusal)
        }
    }

    /// Listens to an address that was asked and says nothing, if no node was ever met there. A server of the base
    /// protocol says nothing before its next announcement, so the node listens for `Limits.foreignListening`.
    ///
    /// - Returns: false if it doesn't listen.
    func listen(to asking: Search.Asking) -> Bool {
        let address = asking.contact.address
        guard asking.contact.node == nil, topology.deadpool.contact(at: address)?.node == nil,
            topology.probing.count < limits.openProbes
        else { return false }
        let deadline = now.instant + limits.foreignListening
        topology.deadpool.foreign.wait(for: address, until: deadline, limits)
        topology.probing.listen(
            on: asking.connection, of: asking.attempt, to: asking.contact, until: deadline)
        timers.set(.probeAnswer, noLaterThan: deadline)
        return true
    }

    /// An address that the node listens to says something.
    func heard(_ message: Message, from dial: ProbeDial) {
        emit(.close(dial.connection!, .now))
        if let server = ForeignServer(message) { return foundForeign(server, at: dial.contact) }
        // It is a slow node: it is asked again.
        topology.deadpool.foreign.forget(dial.contact.address)
        topology.deadpool.worked(dial.contact.address)
    }
}
