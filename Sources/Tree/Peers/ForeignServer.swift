/// What answers at an address where a node, or a clock, was looked for.
public enum ForeignServer: Hashable, Sendable {
    /// A server of the base protocol.
    case base
    /// A server of the original system.
    case original
    /// A clock server.
    case clock
    case http
    case tls
    case ssh
    case redis
    /// Anything else, and what it did: a clause for people.
    case unknown(String)
    /// Closes a connection without a word.
    case closes
    /// Takes a connection and says nothing.
    case silent

    /// What its first bytes show. Nil for what may be JSON, and as long as too little has come to tell.
    ///
    /// - Parameter isAll: no more will come.
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

    /// What a message shows that no node sends there. Nil if it shows nothing.
    init?(_ message: Message) {
        switch message {
        case .authenticationSuccess(let acceptance) where acceptance.member == nil: self = .original
        // A node says why.
        case .authenticationFail(let refusal) where refusal.reason == nil:
            self = refusal.info.isEmpty ? .original : .base
        case .serverAnnounce(let announcement) where announcement.version == nil: self = .base
        case .broadcast, .lockRequest, .lockAllowed, .lockDenied: self = .base
        case .invalidMessage(let info) where info.contains("GET_TIME"): self = .clock
        // A node says that too, when it is too busy for newcomers.
        case .invalidMessage(let info), .unavailable(let info, _):
            self = .unknown("it says INVALID_MESSAGE, \"\(info)\"")
        case .authenticate, .probe: self = .unknown("it says what it is sent")
        default: return nil
        }
    }

    /// False for what a node may be too: one that stops, has just started, or is stopped.
    var isCertain: Bool {
        switch self {
        case .base, .original, .clock, .http, .tls, .ssh, .redis: true
        case .unknown, .closes, .silent: false
        }
    }

    /// The same whatever it says.
    fileprivate var kind: ForeignServer { if case .unknown = self { .unknown("") } else { self } }
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
        case .ssh: "an SSH server answers"
        case .redis: "a Redis server answers"
        case .unknown(let what): "another server answers (\(what))"
        case .closes: "a server closes each connection without a word"
        case .silent: "a server takes connections and says nothing"
        }
    }
}

/// Addresses where no node answers, and until when none of them is tried again: each pause is longer than the one
/// before.
struct ForeignServers {
    private struct Found {
        var tries = 0
        var until: Instant
        /// What was reported of this address.
        var reported: [ForeignServer] = []
    }

    private var found: [Address: Found] = [:]

    /// No node was there.
    ///
    /// - Returns: whether that is news, to be told to people.
    mutating func found(
        _ server: ForeignServer, at address: Address, now: Instant, _ limits: Limits, random: inout RandomNumbers
    ) -> Bool {
        guard found[address] != nil || found.count < limits.knownNodes else { return false }
        var entry = found[address] ?? Found(until: now)
        var pause = limits.foreignPause.lowerBound
        for _ in 0..<min(entry.tries, 32) where pause < limits.foreignPause.upperBound { pause = pause * 3 / 2 }
        entry.tries += 1
        entry.until = now + random.around(min(pause, limits.foreignPause.upperBound))
        // What is known for sure isn't followed by a guess.
        let isNews = server.isCertain ? !entry.reported.contains(server.kind) : entry.reported.isEmpty
        if isNews { entry.reported.append(server.kind) }
        found[address] = entry
        return isNews
    }

    /// Something listens there, and is being listened to.
    mutating func wait(for address: Address, until: Instant, _ limits: Limits) {
        guard found[address] != nil || found.count < limits.knownNodes else { return }
        found[address, default: Found(until: until)].until = until
    }

    /// A node is there after all.
    mutating func forget(_ address: Address) { found[address] = nil }

    /// For how long nobody is tried there; nil if it may be.
    func pause(of address: Address, at now: Instant) -> Duration? {
        guard let until = found[address]?.until, until > now else { return nil }
        return until - now
    }
}

/// How an address came to be tried.
public enum TriedAs: Hashable, Sendable {
    case parent
    case seed
    /// Others have named it, or it is remembered.
    case known
}

// What answers where a node was looked for, and is none (docs/protocol.md#attaching).

extension Node {
    /// No node answers at an address: it is said once, and tried again ever more seldom.
    func foundForeign(_ found: ForeignServer, at contact: Contact) {
        var server = found
        if case .unknown(let words) = found, words.contains(configuration.parentSecret.text) {
            // It says again what it was shown.
            server = .unknown("what it says has the secret in it")
        }
        topology.deadpool.failed(contact.address, at: now.instant)
        // A node that was met there may just be stopping.
        let wasMet = contact.node ?? topology.deadpool.contact(at: contact.address)?.node
        guard server.isCertain || wasMet == nil else { return }
        noteFailure(of: contact.address, Refusal(reason: nil, info: "\(server): check -rh and -rp"))
        guard topology.deadpool.foreign.found(server, at: contact.address, now: now.instant, limits, random: &random)
        else {
            return
        }
        let triedAs: TriedAs =
            contact.address == configuration.parent
            ? .parent : configuration.seeds.contains(contact.address) ? .seed : .known
        report(.noNode(server, contact.address, triedAs))
    }

    /// The first bytes on a connection of this node's own belong to no message.
    func receivedForeign(_ server: ForeignServer, on connection: ConnectionID) {
        if let lost = topology.search?.lost(connection) {
            // A candidate that wasn't asked speaks before it is spoken to.
            emit(.close(connection, .now))
            foundForeign(server, at: lost.candidate)
            advanceSearch()
        } else if let dial = topology.probing.ended(on: connection) {
            emit(.close(connection, .now))
            probeFailed(dial, server)
        }
    }

    /// An address that was asked says nothing, and no node was ever met there. A server of the base protocol says
    /// nothing before its next announcement: it is listened to for so long.
    ///
    /// - Returns: false if that isn't worth it.
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

    /// What was listened to speaks.
    func heard(_ message: Message, from dial: ProbeDial) {
        emit(.close(dial.connection!, .now))
        if let server = ForeignServer(message) { return foundForeign(server, at: dial.contact) }
        // A node that was slow: it is asked again.
        topology.deadpool.foreign.forget(dial.contact.address)
        topology.deadpool.worked(dial.contact.address)
    }
}
