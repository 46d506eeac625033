import Foundation
import Testing

extension RealPrograms {
    /// Secrets of a network on four machines, whose wires are listened to.
    @Suite struct TrafficCanaryTests {}
}

/// Three nodes and a clock on machines of their own, and one machine for clients and tools.
private final class Watched {
    /// What is secret, each in a word that stands nowhere else.
    enum Secret: String, CaseIterable {
        case network = "Qz7mVx2network"
        case node = "Kd4wHb9ofanode"
        case user = "Rt6pLc8ofauser"
        case later = "Wf3sGy5ofalater"
        case guess = "Nb8jZk4ofaguess"
        case tokens = "Xv5hMq7tokenkey"

        /// As it is given to programs: letters that texts write in several ways are around the word.
        var text: String { "\(rawValue)\"é\\/ \(rawValue)-of-some-length" }
    }

    static let root = 0, child = 1, odd = 2, people = 3

    let bench: Bench
    let lab: Lab
    let certificates: TestCertificates
    private(set) var nodes: [Int: Program] = [:]
    private(set) var outputs = ""

    init(_ bench: Bench, _ lab: Lab) throws {
        (self.bench, self.lab) = (bench, lab)
        certificates = try bench.certificates(for: (0..<3).map { lab.address(of: $0) })
        for secret in Secret.allCases { try write(secret.text + "\n", "given/\(secret)") }
    }

    func write(_ text: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: bench.folder + "/given", withIntermediateDirectories: true)
        _ = FileManager.default.createFile(
            atPath: bench.folder + "/" + name, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    }

    func file(_ secret: Secret) -> String { "\(bench.folder)/given/\(secret)" }

    private func start(_ place: Int, _ name: String, _ arguments: [String]) throws -> Program {
        let program = try lab.inside(place) {
            try bench.program(name, arguments + ["--log-level", "trace", "--data-dir", "data-\(name)"])
        }
        _ = try Node.port(of: program)
        return program
    }

    func startNetwork() throws {
        let network = ["--secret-file", file(.network)]
        _ = try start(Self.root, "clock", ["clock", "--bind", lab.address(of: Self.root)] + network)
        let own = "secret: '\(Secret.node.text)'\nparent-secret: '\(Secret.network.text)'\n"
        try write(own, "given/odd.yaml")
        for place in [Self.root, Self.child, Self.odd] {
            var flags = ["node", "-lh", lab.address(of: place), "--clock", "\(lab.address(of: Self.root)):3779"]
            flags += certificates.nodeFlags + ["--redirect-gap", "0", "--jwt-key", file(.tokens)]
            flags += ["--clock-secret-file", file(.network)]
            if place != Self.root { flags += ["-rh", lab.address(of: Self.root)] }
            flags += place == Self.odd ? ["--config", bench.folder + "/given/odd.yaml"] : network
            nodes[place] = try start(place, "node\(place)", flags)
        }
        try eventually("they are one tree") {
            let run = try tool(["tree", "--json"] + at(Self.child))
            return try JSONParser.parse(Array(run.output.utf8))["nodes"]?.elements?.count == 3
        }
    }

    func at(_ place: Int) -> [String] { ["-rh", lab.address(of: place)] }

    /// Runs a tool that knows the network's secret.
    func tool(_ arguments: [String]) throws -> Run {
        try lab.inside(Self.people) { try bench.run(arguments + ["--secret-file", file(.network)]) }
    }

    func expectTool(_ arguments: [String]) throws {
        let run = try tool(arguments)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        outputs += run.output + run.errors
    }

    /// A user's client that says one thing.
    func speak(at place: Int, _ secret: Secret, _ flags: [String] = []) throws {
        let client = try lab.inside(Self.people) {
            try bench.program(
                "client",
                ["client", "-u", "anna", "--secret-file", file(secret), "--log-level", "trace"] + at(place)
                    + certificates.clientFlags + flags)
        }
        try client.write("hello")
        client.closeInput()
        outputs += try client.readToEnd().joined(separator: "\n")
        #expect(try client.waitForEnd(within: .seconds(30)) == .exited(0), "\(client.errors)")
    }

    /// A connection with TLS whose lines the test writes itself.
    func openssl(at place: Int) throws -> Program {
        try lab.inside(Self.people) {
            try bench.program(
                "openssl", path: "/usr/bin/openssl",
                [
                    "s_client", "-connect", lab.address(of: place) + ":3780", "-CAfile", certificates.authority,
                    "-verify_return_error", "-quiet", "-no_ign_eof",
                ])
        }
    }

    /// What a login is answered.
    func logIn(at place: Int, _ fields: [String: JSONValue], _ command: String) throws -> JSONValue {
        let program = try openssl(at: place)
        try program.write(JSONValue.object(fields.merging(["command": "LOGIN"]) { $1 }).line)
        let answer = try program.expect(command)
        program.killHard()
        return answer
    }

    /// A token of whoever signs for users: HS256 (RFC 7515).
    func signedToken() throws -> String {
        let script = """
            import base64, hashlib, hmac, json, sys, time
            key = open(sys.argv[1]).read().rstrip("\\n").encode()
            form = lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")
            parts = [{"alg": "HS256"}, {"sub": "carla", "exp": int(time.time()) + 600}]
            text = ".".join(form(json.dumps(part).encode()) for part in parts)
            print(text + "." + form(hmac.new(key, text.encode(), hashlib.sha256).digest()))
            """
        let program = try bench.program(
            "signer", path: "/usr/bin/env", ["python3", "-c", script, file(.tokens)])
        let token = try program.readLine()
        try bench.forget(program)
        return token
    }

    /// The files in which one of the words is in some form, without those that were given to programs.
    func files(with words: [WordForms]) throws -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: bench.folder)! {
            guard !name.hasPrefix("given/"), let data = FileManager.default.contents(atPath: bench.folder + "/" + name)
            else { continue }
            for word in words where !word.found(in: data).isEmpty { found[name, default: []].insert(word.word) }
        }
        return found
    }
}

extension RealPrograms.TrafficCanaryTests {
    @Test(.enabled(if: Lab.hasNamespaces, "needs network namespaces"))
    func `Secrets and tokens pass in no form between nodes, clock, tools and clients with TLS`() throws {
        let lab = try Lab(count: 4)
        defer { lab.remove() }
        try onBench { bench in
            let watched = try Watched(bench, lab)
            let list = ProcessList(watchingFor: Watched.Secret.allCases.map(\.rawValue))
            let capture = try Capture(in: lab, places: 0..<4)
            try watched.startNetwork()
            let (root, child) = (Watched.root, Watched.child)

            // Users come in by a secret, by a token of somebody else, and by a token of an earlier login.
            try watched.speak(at: root, .user, ["--register"])
            for place in [child, Watched.odd] { try watched.speak(at: place, .user) }
            try watched.expectTool(["account", "list"] + watched.at(child))
            let guess: [String: JSONValue] = ["username": "anna", "secret": .string(Watched.Secret.guess.text)]
            _ = try watched.logIn(at: root, guess, "LOGIN_FAILED")
            let signed = try watched.signedToken()
            _ = try watched.logIn(at: child, ["token": .string(signed)], "LOGIN_SUCCESS")
            _ = try watched.logIn(at: child, ["token": .string(signed + "A")], "LOGIN_FAILED")
            let secret: [String: JSONValue] = [
                "username": "anna", "secret": .string(Watched.Secret.user.text), "session": "a-session",
            ]
            let welcome = try watched.logIn(at: child, secret, "LOGIN_SUCCESS")
            let resume = try #require(welcome["resume_token"]?.text)
            let again: [String: JSONValue] = [
                "username": "anna", "resume_token": .string(resume), "session": "a-session",
            ]
            _ = try watched.logIn(at: root, again, "LOGIN_SUCCESS")

            // One is sent on by the node, with a token for the next one.
            let moved = try watched.openssl(at: child)
            try moved.write(JSONValue.object(secret.merging(["command": "LOGIN"]) { $1 }).line)
            try moved.expect("LOGIN_SUCCESS")
            try watched.expectTool(["drain", "--at", lab.address(of: child) + ":3780"])
            let sentOn = try #require(try moved.expect("REDIRECT")["resume_token"]?.text)

            // What operators and users do.
            let change = try lab.inside(Watched.people) {
                try bench.run(
                    ["account", "secret", "anna", "--secret-file", watched.file(.user), "--new-secret-file"]
                        + [watched.file(.later)] + watched.at(root) + watched.certificates.clientFlags)
            }
            #expect(change.status == 0, "\(change.errors)")
            for tool in [["tree"], ["top", "--once"], ["session", "list"], ["account", "show", "anna"]] {
                try watched.expectTool(tool + watched.at(root))
            }
            try watched.expectTool(["config", "--of", lab.address(of: root) + ":3780"])
            try watched.expectTool(
                ["account", "reset", "anna", "--new-secret-file", watched.file(.user)] + watched.at(root))
            try watched.expectTool(["tree", "--tls", "--ca", watched.certificates.authority] + watched.at(root))

            // One node dies, and the others end. Swift's runtime answers the first signal by a backtrace, where it can,
            // and the node goes on; nobody answers the second one, whose default is a core dump.
            let dead = watched.nodes[Watched.odd]!
            dead.signal(SIGABRT)
            usleep(1_000_000)
            dead.signal(SIGSYS)
            try dead.waitForEnd()
            #expect(!dead.leftCore)
            try bench.forget(dead)
            for place in [child, root] {
                watched.nodes[place]!.signal(SIGTERM)
                try watched.nodes[place]!.waitForEnd()
            }

            let secrets = Watched.Secret.allCases.map { WordForms($0.rawValue) }
            let tokens = [signed, resume, sentOn].map { WordForms(String($0.suffix(24))) }
            let passed = try capture.end()
            #expect(passed.reduce(0) { $0 + $1.count } > 100_000)
            for word in secrets + tokens {
                #expect(passed.allSatisfy { word.found(in: $0).isEmpty }, "\(word.word) has passed")
                #expect(word.found(in: Data((watched.outputs + change.output + change.errors).utf8)).isEmpty)
            }
            let (found, rounds) = list.end()
            #expect(found.isEmpty && rounds > 3, "\(found)")
            // Nodes keep the secret of one that has its own, to reach it; its own network's is nowhere.
            let files = try watched.files(with: secrets + tokens)
            let kept = files.filter { $0.key.hasSuffix("/known-nodes") }
            #expect(kept.values.allSatisfy { $0 == [Watched.Secret.node.rawValue] }, "\(kept)")
            #expect(files.count == kept.count, "\(files)")
        }
    }

    @Test(.enabled(if: Lab.hasNamespaces, "needs network namespaces"))
    func `The same search finds what a client says in clear, in every form`() throws {
        let lab = try Lab(count: 2)
        defer { lab.remove() }
        try onBench { bench in
            let word = WordForms("Jt9cPw3planted")
            // A piece of each kind, in the middle of others.
            let plain = "xy" + word.word + "z"
            let script = """
                import base64, json, sys
                w = sys.argv[1].encode(); h = w.hex()
                print(json.dumps([h, h.upper(), base64.b64encode(w).decode(), base64.b32encode(w).decode(),
                    "".join("%" + h[i:i + 2] for i in range(0, len(h), 2)), w.decode()]))
                """
            let program = try bench.program("forms", path: "/usr/bin/env", ["python3", "-c", script, plain])
            let forms = try program.readLine()
            try bench.forget(program)
            let escaped = word.forms.first { $0.name == "\\u" }!.bytes
            let capture = try Capture(in: lab, places: 0..<2)
            let node = try lab.inside(0) {
                try bench.program(
                    "node", ["node", "-lp", "3780", "-lh", lab.address(of: 0), "--memory", "--clock", "none"])
            }
            _ = try Node.port(of: node)
            let descriptor = try lab.inside(1) {
                try Sockets.beginConnecting(port: 3780, address: lab.number(of: 0))
            }
            _ = Descriptor.wait(descriptor.number, for: POLLOUT, until: Deadline(within: .seconds(5)))
            let client = BaseClient(descriptor, name: "in clear")
            try client.login()
            // In two pieces: what no single packet holds is found in the stream.
            let activity = #"{"forms":\#(forms),"u":"\#(String(decoding: escaped, as: UTF8.self))"}"#
            let line = #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":\#(activity)}"#
            let bytes = Array(line.utf8) + [10]
            let half = line.range(of: word.word).map { line.utf8.distance(from: line.startIndex, to: $0.lowerBound) }
            let cut = try #require(half) + 4
            try client.send(bytes: Array(bytes[..<cut]))
            usleep(50_000)
            try client.send(bytes: Array(bytes[cut...]))
            _ = try client.expect("ACTIVITY_BROADCAST")
            client.close()
            let passed = try capture.end()
            let found = passed.reduce(into: Set<String>()) { $0.formUnion(word.found(in: $1)) }
            #expect(found == Set(WordForms.names).subtracting(["UTF-16"]), "\(found)")
            let wide = Data("x\(plain)".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
            #expect(word.found(in: wide) == ["UTF-16"])
        }
    }
}
