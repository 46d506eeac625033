import Tree
import Wire

/// A whole node, to which a script of bytes says things on several connections, while time passes: it never ends, keeps
/// its bounds, and serves an honest client once the others have gone.
///
/// ```
///   op         0 to 3 the connection, 4 to 7 what is done
///   bytes      a length of one byte, and so many bytes of a stream
///   line       the number of a usual line
///   time       so many tenths of a second
///   close
/// ```
public final class NodeScript {
    private let node: Node
    private var milliseconds: UInt64 = 1_000_000
    private var effects: [Effect] = []
    private var framings: [ConnectionID: LineFraming] = [:]
    private var waiting: [Event] = []
    private var names: [UInt64] = [1, 2, 3, 4]
    private var lastName: UInt64 = 4
    private static let witness = ConnectionID(1_000_000)

    private init() {
        var configuration = Configuration(
            origin: Origin(node: NodeID(50), incarnation: Incarnation(1)), address: Address(host: "me", port: 3780),
            ownSecret: Secret("s"), parentSecret: Secret("s"), parent: nil, randomSeed: 1,
            digest: { secret in
                let low = secret.text.utf8.reduce(5381 as UInt64) { $0 &* 33 &+ UInt64($1) }
                return SecretDigest(high: UInt64(secret.text.utf8.count), low: low)
            })
        configuration.asksClock = false
        node = Node(configuration: configuration, format: EntryLines(), at: Self.moment(milliseconds))
    }

    /// Lines that lead far into the node.
    private static let usual = [
        #"{"command":"AUTHENTICATE","secret":"s","mysecret":"s","hostname":"localhost","port":1,"id":"liarliarliarl""#
            + #","incarnation":"1","attempt":1,"leaf":true,"size":1,"order":"causal","stamp":"0""#
            + #","label":{"term":0,"root":"liarliarliarl","depth":0},"stored":{},"safe":{}}"#,
        #"{"command":"AUTHENTICATE","secret":"s"}"#,
        #"{"command":"LOGIN","username":"anonymous"}"#,
        #"{"command":"REGISTER","username":"anna","secret":"s"}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"x":1}}"#,
        #"{"command":"SYNCHRONISED"}"#,
        #"{"command":"HEARTBEAT","label":{"term":0,"root":"liarliarliarl","depth":0},"size":1}"#,
        #"{"command":"GAP","origin":"liarliarliarl.1","from":1,"through":5}"#,
        #"{"command":"VECTORS","stored":{},"safe":{}}"#,
        #"{"command":"ACKNOWLEDGE","stored":1,"safe":0,"confirmed":0}"#,
        #"{"command":"COMPARE_ENTRIES","ranges":[{"from":"liarliarliarl.1.1","through":1,"digest":"7"}]}"#,
    ]

    /// - Returns: what went wrong; nil if nothing did.
    public static func fault(in script: [UInt8]) -> String? {
        let run = NodeScript()
        return run.play(script)
    }

    private static func moment(_ milliseconds: UInt64) -> Moment {
        Moment(instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: milliseconds)
    }

    private func play(_ script: [UInt8]) -> String? {
        handle(.opened(Self.witness, from: PeerAddress(1)))
        say(#"{"command":"LOGIN","username":"anonymous"}"#, on: Self.witness)
        var rest = script[...]
        while let op = rest.popFirst() {
            let index = Int(op & 3)
            let connection = ConnectionID(names[index])
            switch op >> 2 & 3 {
            case 0:
                let count = Int(rest.popFirst() ?? 0)
                feed(Array(rest.prefix(count)), on: connection)
                rest = rest.dropFirst(count)
            case 1: say(Self.usual[Int(rest.popFirst() ?? 0) % Self.usual.count], on: connection)
            case 2: wait(UInt64(rest.popFirst() ?? 0) * 100)
            default: close(index)
            }
            if let fault { return fault }
        }
        for index in names.indices { close(index) }
        wait(70_000)
        let before = node.log.stored
        say(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"last":1}}"#, on: Self.witness)
        wait(1000)
        guard node.log.stored > before, node.log.safe == node.log.stored else { return "the witness isn't heard" }
        return fault
    }

    private var fault: String? {
        let sizes = node.sizes
        let limits = node.configuration.limits
        if sizes.knownNodes > 2 * limits.knownNodes { return "\(sizes.knownNodes) known nodes" }
        if sizes.links > limits.children + 3 { return "\(sizes.links) links" }
        if sizes.probes > limits.openProbes { return "\(sizes.probes) probes" }
        if node.currentLabel.term > limits.highestTerm { return "a term of \(node.currentLabel.term)" }
        return nil
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
        case .connect(let attempt, _, _): waiting.append(.connectFailed(attempt, why: .unreachable))
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
        while let deadline = node.nextDeadline, deadline.nanoseconds <= end * 1_000_000, turns < 10_000 {
            milliseconds = max(milliseconds, (deadline.nanoseconds + 999_999) / 1_000_000)
            handle(.timePassed)
            handle(.turnEnded)
            turns += 1
        }
        milliseconds = end
    }
}
