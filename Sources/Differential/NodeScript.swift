import Tree
import Wire

/// A whole node, to which a script of bytes says things on several connections, while time passes: it never ends, keeps
/// its bounds and the shape of its tree, and serves an honest client once the others have gone.
///
/// ```
///   setting    1 bit total order, 1 bit accounts on a disk, 1 bit a clock server
///   op         2 bits the connection, 3 bits what is done there
///   bytes      a length of one byte, and so many bytes of a stream
///   line       the number of a usual line
///   changed    the number of a usual line, a position, a length, and so many bytes that stand there instead
///   time       so many tenths of a second
///   close
///   call       somebody connects, and says what such a caller says first (`NodeLines.Caller`)
///   answer     a connection that the node has asked for comes about
///   slow       the connection is congested, drained, or stands still
/// ```
public final class NodeScript {
    private let node: Node
    private var milliseconds: UInt64 = 1_000_000
    private var effects: [Effect] = []
    private var framings: [ConnectionID: LineFraming] = [:]
    private var waiting: [Event] = []
    private var names: [UInt64] = [1, 2, 3, 4]
    private var lastName: UInt64 = 4
    /// Connections that the node has asked for.
    private var dials: [AttemptID] = []
    private var lastStamp = Stamp(1)
    private var shape = NodeShape()
    /// The node has left in order: an administrator may ask for that.
    private var hasStopped = false
    private static let witness = ConnectionID(1_000_000)

    /// - Parameter isPlanted: a fault: the node follows every term.
    private init(_ setting: Int, isPlanted: Bool) {
        var configuration = Configuration(
            origin: Origin(node: NodeID(50), incarnation: Incarnation(1)), address: Address(host: "me", port: 3780),
            ownSecret: Secret("s"), parentSecret: Secret("s"), parent: nil, randomSeed: 1,
            digest: { secret in
                let low = secret.text.utf8.reduce(5381 as UInt64) { $0 &* 33 &+ UInt64($1) }
                return SecretDigest(high: UInt64(secret.text.utf8.count), low: low)
            })
        configuration.order = setting & 1 == 1 ? .total : .causal
        configuration.keepsAccounts = setting & 2 == 2
        configuration.asksClock = setting & 4 == 4
        node = Node(configuration: configuration, format: EntryLines(), at: Self.moment(milliseconds))
        if isPlanted { node.mutation = .anyTermFollowed }
    }

    /// - Returns: what went wrong; nil if nothing did.
    public static func fault(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        let run = NodeScript(script.byte(), isPlanted: isPlanted)
        return run.play(&script)
    }

    private static func moment(_ milliseconds: UInt64) -> Moment {
        Moment(instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: milliseconds)
    }

    private func play(_ script: inout Script) -> String? {
        handle(.opened(Self.witness, from: PeerAddress(1)))
        say(#"{"command":"LOGIN","username":"anonymous"}"#, on: Self.witness)
        while !script.isEmpty, !hasStopped {
            let op = script.byte()
            perform(op >> 2 & 7, on: op & 3, &script)
            if let fault = shape.fault(of: node) { return fault }
        }
        for index in names.indices { close(index) }
        wait(70_000)
        guard !hasStopped, framings[Self.witness] != nil else { return shape.fault(of: node) }
        let before = node.log.stored
        say(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"last":1}}"#, on: Self.witness)
        wait(1000)
        // It may have been banned, or told to go elsewhere.
        guard framings[Self.witness] != nil else { return shape.fault(of: node) }
        guard node.log.stored > before, node.log.safe == node.log.stored else { return "the witness isn't heard" }
        return shape.fault(of: node)
    }

    private func perform(_ op: Int, on index: Int, _ script: inout Script) {
        let connection = ConnectionID(names[index])
        let usual = NodeLines.usual
        switch op {
        case 0: feed(script.bytes(script.byte()), on: connection)
        case 1: say(usual[script.byte() % usual.count], on: connection)
        case 2: wait(UInt64(script.byte()) * 100)
        case 3: close(index)
        case 4:
            close(index)
            let callers = NodeLines.Caller.allCases
            for line in NodeLines.first(of: callers[script.byte() % callers.count], number: index) {
                say(line, on: ConnectionID(names[index]))
            }
        case 5:
            var line = Array(usual[script.byte() % usual.count].utf8)
            let start = script.byte() % line.count
            let bytes = script.bytes(script.byte() & 31)
            line.replaceSubrange(start..<min(line.count, start + bytes.count), with: bytes)
            feed(line + [10], on: connection)
        case 6 where !dials.isEmpty:
            close(index)
            let called = ConnectionID(names[index])
            framings[called] = LineFraming()
            handle(.connected(dials.removeFirst(), called))
            handle(.turnEnded)
        default:
            guard framings[connection] != nil else { return }
            handle([.congested(connection), .drained(connection), .standsStill(connection)][script.byte() % 3])
            handle(.turnEnded)
        }
    }

    // MARK: Events

    private func handle(_ event: Event) {
        waiting.append(event)
        guard waiting.count == 1 else { return }
        while let event = waiting.first {
            node.handle(event, at: Self.moment(milliseconds), into: &effects)
            let performed = effects
            effects.removeAll()
            for effect in performed { perform(effect) }
            waiting.removeFirst()
        }
    }

    private func perform(_ effect: Effect) {
        var bytes: [UInt8] = []
        switch effect {
        case .send(_, let message): Encoding.append(message, to: &bytes)
        case .hash(let ticket, let secret): waiting.append(.hashed(ticket, "hash of \(secret.text)"))
        case .verify(let ticket, let secret, let hash):
            waiting.append(.verified(ticket, hash == "hash of \(secret.text)"))
        case .persist(let ticket, _): waiting.append(.persisted(ticket, failure: nil))
        case .persistBans(let ticket, _): waiting.append(.persistedBans(ticket, failure: nil))
        case .describe(let id, let connections):
            let traits = connections.map { ($0, ConnectionTraits(transport: "tcp", host: "192.0.2.1")) }
            waiting.append(.described(id, Dictionary(uniqueKeysWithValues: traits)))
        case .connect(let attempt, _, _): dials.append(attempt)
        case .abandon(let attempt): dials.removeAll { $0 == attempt }
        case .askClock(let count, let seen):
            let first = max(seen, lastStamp, Stamp(milliseconds: milliseconds)).next
            lastStamp = Stamp(first.value + UInt64(count))
            let answer = Event.clockAnswered(first: first, count: count, epoch: 1, wallMilliseconds: milliseconds)
            waiting.append(answer)
        case .vouch(let ticket, _): waiting.append(.vouched(ticket, .refused(info: "no", isForged: true)))
        case .serve(let connection, _):
            waiting.append(.located(connection, Address(host: "192.0.2.1", port: 3780)))
        case .stop: hasStopped = true
        case .close(let connection, _): forget(connection)
        default: break
        }
    }

    private func forget(_ connection: ConnectionID) {
        framings[connection] = nil
        guard let index = names.firstIndex(of: connection.value) else { return }
        lastName += 1
        names[index] = lastName
    }

    private func close(_ index: Int) {
        let connection = ConnectionID(names[index])
        if framings[connection] != nil { handle(.closed(connection)) }
        forget(connection)
        handle(.turnEnded)
    }

    private func say(_ line: String, on connection: ConnectionID) { feed(Array(line.utf8) + [10], on: connection) }

    private func feed(_ bytes: [UInt8], on connection: ConnectionID) {
        if framings[connection] == nil {
            framings[connection] = LineFraming()
            if connection != Self.witness { handle(.opened(connection, from: PeerAddress(2))) }
        }
        guard var framing = framings[connection] else { return }
        var lines: [[UInt8]] = []
        let outcome = framing.read(bytes.span.bytes, limit: LineLimit(1 << 16)) { line, _ in
            lines.append(line.withUnsafeBytes { Array($0) })
            return .more
        }
        framings[connection] = framing
        for line in lines where framings[connection] != nil {
            do {
                handle(.received(connection, try Decoding.message(line.span.bytes, depthLimit: 64)))
            } catch {
                handle(.receivedMalformed(connection, info: error.info))
            }
        }
        if case .tooLong = outcome, framings[connection] != nil {
            handle(.receivedMalformed(connection, info: "too long"))
        }
        handle(.turnEnded)
    }

    private func wait(_ span: UInt64) {
        let end = milliseconds + span
        var turns = 0
        for attempt in dials { handle(.connectFailed(attempt, why: .unreachable)) }
        dials = []
        while let deadline = node.nextDeadline, deadline.nanoseconds <= end * 1_000_000, turns < 10_000 {
            milliseconds = max(milliseconds, (deadline.nanoseconds + 999_999) / 1_000_000)
            handle(.timePassed)
            handle(.turnEnded)
            for attempt in dials { handle(.connectFailed(attempt, why: .unreachable)) }
            dials = []
            turns += 1
        }
        milliseconds = end
    }
}
