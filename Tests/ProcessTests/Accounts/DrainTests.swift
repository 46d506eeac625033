import Foundation
import Testing

extension RealProcesses {
    /// Operators move clients between nodes (`coppice drain`, `coppice rebalance`).
    @Suite struct DrainTests {}
}

/// A client that goes where it is sent, and on from there: it names what it has seen, and numbers what it says.
private final class Traveller {
    let name: String
    private let bench: Bench
    private var client: BaseClient
    private var vector: JSONValue = [:]
    private var session: JSONValue?
    private(set) var port: Int
    private(set) var moves = 0
    /// The numbers that it was shown of each sender, second copies of one message left out.
    private(set) var seen: [String: [Int]] = [:]
    private var copies: Set<String> = []
    private var lastHeard: Instant?
    private(set) var longestSilence = Duration.zero
    private var open: [Int] = []
    private var said = 0

    init(_ bench: Bench, _ name: String, at port: Int) throws {
        (self.bench, self.name, self.port) = (bench, name, port)
        client = try bench.connect(port: port, name)
        try enter()
    }

    private func enter() throws {
        var login: [String: JSONValue] = ["command": "LOGIN", "username": "anonymous"]
        if let session {
            login["session"] = session
            login["since"] = vector
            login["redirected"] = true
        }
        try client.send(.object(login))
        let welcome = try client.expect("LOGIN_SUCCESS")
        if session == nil { vector = welcome["vector"] ?? [:] }
        session = welcome["session"]
        for number in open { try transmit(number) }
    }

    func say() throws {
        said += 1
        open.append(said)
        try transmit(said)
    }

    private func transmit(_ number: Int) throws {
        let line: JSONValue = [
            "command": "ACTIVITY_MESSAGE", "username": "anonymous", "cseq": .integer(number),
            "activity": ["by": .string(name), "n": .integer(number)],
        ]
        // The node may have sent it on at this moment: what was said is said again there.
        client.sendAnyway(bytes: Array(line.line.utf8) + [10])
    }

    /// Takes in what has come.
    func listen() throws {
        while let message = try client.readAvailable() {
            switch message["command"]?.text {
            case "ACTIVITY_BROADCAST": note(message)
            case "REDIRECT":
                client.close()
                moves += 1
                port = message["port"]?.integer ?? 0
                client = try bench.connect(port: port, name)
                try enter()
            case let other: throw Failure("\(name) got \(other ?? "nothing")")
            }
        }
    }

    private func note(_ message: JSONValue) {
        let time = now()
        if let lastHeard { longestSilence = max(longestSilence, time - lastHeard) }
        lastHeard = time
        if let id = message["id"]?.text, let dot = id.lastIndex(of: "."),
            let sequence = Int(id[id.index(after: dot)...])
        {
            var components = vector.members ?? [:]
            components[String(id[..<dot])] = .integer(sequence)
            vector = .object(components)
        }
        guard let by = message["activity"]?["by"]?.text, let number = message["activity"]?["n"]?.integer,
            copies.insert("\(message["session"]?.text ?? "") \(number)").inserted
        else { return }
        seen[by, default: []].append(number)
        if by == name { open.removeAll { $0 == number } }
    }
}

extension RealProcesses.DrainTests {
    private func run(_ bench: Bench, _ arguments: [String]) throws -> [String] {
        let program = try bench.program(arguments[0], arguments + ["-s", Bench.secret])
        let lines = try program.readToEnd(within: .seconds(60))
        let ending = try program.waitForEnd()
        guard ending == .exited(0) else { throw Failure("\(arguments): \(ending): \(program.errors)") }
        try bench.forget(program)
        return lines
    }

    @Test
    func `A drain under messages moves all clients, loses, doubles and reorders nothing, and no client waits long`()
        throws
    {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            let root = try bench.node("root", ["-a", "1000"])
            let drained = try bench.node("drained", under: root, ["-a", "1000"] + flags)
            let other = try bench.node("other", under: root, ["-a", "1000"])
            for child in [drained, other] { try bench.waitForPath(of: child, [root]) }
            let travellers = try (0..<24).map { try Traveller(bench, "t\($0)", at: drained.port) }
            let speakers = travellers.prefix(4) + [try Traveller(bench, "home", at: root.port)]
            func talk(for span: Duration) throws {
                let end = now() + span
                while now() < end {
                    for speaker in speakers { try speaker.say() }
                    for traveller in travellers + speakers.suffix(1) { try traveller.listen() }
                    usleep(4000)
                }
            }
            try talk(for: .seconds(2))
            #expect(try admin.get("/ready").status == 200)
            let lines = try run(bench, ["drain", "--at", "localhost:\(drained.port)", "--rate", "12"])
            #expect(lines.first?.hasPrefix("draining: ") == true)
            let unready = try admin.get("/ready")
            #expect(unready.status == 503)
            #expect(unready.body.contains("drained"))
            #expect(try run(bench, ["tree", "-rp", String(root.port)]).contains { $0.contains("draining") })
            try talk(for: .seconds(4))
            for traveller in travellers {
                #expect(traveller.moves == 1, "\(traveller.name)")
                #expect(traveller.port != drained.port, "\(traveller.name)")
            }
            try eventually("the node has told that nobody is left") {
                drained.program.errors.contains("all clients are gone")
            }
            let newcomer = try bench.connect(to: drained)
            try newcomer.sendLogin()
            let refusal = try newcomer.expect("INVALID_MESSAGE")
            #expect((refusal["servers"]?.elements ?? []).isEmpty == false, "\(refusal.line)")
            try newcomer.expectEnd()
            let expected = Dictionary(uniqueKeysWithValues: speakers.map { ($0.name, $0.seen[$0.name]?.count ?? 0) })
            try eventually("everybody has heard everything") {
                for traveller in travellers + speakers.suffix(1) { try traveller.listen() }
                return travellers.allSatisfy { traveller in
                    speakers.allSatisfy { traveller.seen[$0.name]?.count ?? 0 >= (expected[$0.name] ?? 0) }
                }
            }
            for traveller in travellers {
                for speaker in speakers {
                    let heard = traveller.seen[speaker.name] ?? []
                    #expect(heard == Array(1...max(1, heard.count)), "\(traveller.name) of \(speaker.name)")
                }
                #expect(traveller.longestSilence < .seconds(1), "\(traveller.name): \(traveller.longestSilence)")
            }
            print("    longest silence \(travellers.map(\.longestSilence).max() ?? .zero)")
            _ = try run(bench, ["drain", "--at", "localhost:\(drained.port)", "--stop"])
            #expect(try admin.get("/ready").status == 200)
            try bench.client(at: drained).close()
        }
    }

    @Test func `A rebalance tells how many go, and the nodes begin`() throws {
        try onBench { bench in
            let full = try bench.node("full", ["-a", "1000"])
            let empty = try bench.node("empty", under: full, ["-a", "1000"])
            try bench.waitForPath(of: empty, [full])
            let clients = try (0..<10).map { try bench.client(at: full, "client \($0)") }
            let lines = try run(bench, ["rebalance", "-rp", String(empty.port), "--json"])
            let told = try JSONParser.parse(Array((lines.first ?? "").utf8))
            #expect(told["moving"] == 5)
            #expect(told["nodes"] == 2)
            // None of them has been there for a minute.
            try clients[0].say(["n": 1])
            for client in clients { try client.hear(["n": 1]) }
            try eventually("the log tells it") { full.program.errors.contains("sends 5 to other nodes") }
            #expect(!empty.program.errors.contains("to other nodes"))
        }
    }
}
