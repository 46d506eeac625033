// ConformanceDriver [FAULT]: drives the Swift library by lines of JSON (clients/conformance/README.md). FAULT is a rule
// that is left out.

import CoppiceClient
import Dispatch
import Glibc
import JSON
import Session

@main
struct Driver {
    static func main() async throws {
        let driver = try Driver(fault: CommandLine.arguments.dropFirst().first)
        var client: Client?
        var listening: Task<Void, Never>?
        for await line in inputLines() {
            let command = JSONValue.object(try JSONObject(parsing: Array(line.utf8)).members)
            switch command["do"]?.string {
            case "connect":
                client = try Client(
                    command["servers"]!.array!.map { $0.string! }, options: driver.options(command))
                listening = await driver.begin(client!)
            case "say": driver.toSay.yield(command)
            case "listen": await driver.gate.set(isOpen: command["on"]?.bool ?? true)
            case "close":
                await client?.close()
                await listening?.value
                saw("closed")
            default: preconditionFailure("no command: \(line)")
            }
        }
    }

    private let mutation: SessionMutation?
    private let gate = Gate()
    private let said: AsyncStream<JSONValue>
    private let toSay: AsyncStream<JSONValue>.Continuation

    init(fault: String?) throws {
        mutation = fault.map { SessionMutation(rawValue: $0)! }
        (said, toSay) = AsyncStream.makeStream()
    }

    private func begin(_ client: Client) async -> Task<Void, Never>? {
        do {
            try await client.connect()
        } catch {
            Self.failed(error)
            return nil
        }
        let (gate, said) = (gate, said)
        Task {
            for await command in said { await Self.say(command, client) }
        }
        return Task {
            do {
                for try await event in client.events {
                    await gate.pass()
                    Self.tell(event)
                }
            } catch {
                Self.failed(error)
            }
        }
    }

    private static func say(_ command: JSONValue, _ client: Client) async {
        let number = command["n"]!
        do {
            let pending = try await client.post(command["activity"]!)
            Task {
                do {
                    let receipt = try await pending.receipt
                    saw(
                        "receipt",
                        [
                            "n": number, "cseq": .integer(Int64(receipt.cseq)),
                            "copies": .integer(Int64(receipt.copies)), "promised": .integer(Int64(receipt.promised)),
                            "id": receipt.id.map { .string($0) } ?? .null,
                        ])
                } catch {
                    refused(number, error)
                }
            }
        } catch {
            refused(number, error)
        }
    }

    private static func refused(_ number: JSONValue, _ error: any Error) {
        saw("refused", ["n": number, "reason": .string((error as? ClientFault)?.reason.rawValue ?? "\(error)")])
    }

    private static func failed(_ error: any Error) {
        let reason = (error as? ClientFault)?.reason.rawValue ?? "\(error)"
        saw("failed", ["reason": .string(reason), "info": .string("\(error)")])
    }

    private static func tell(_ event: ClientEvent) {
        switch event {
        case .message(let message):
            saw(
                "message",
                [
                    "activity": message.activity, "sender": .string(message.sender),
                    "id": message.id.map { .string($0) } ?? .null,
                    "session": message.session.map { .string($0) } ?? .null,
                    "cseq": message.cseq.map { .integer(Int64($0)) } ?? .null, "own": .bool(message.isOwn),
                    "late": .bool(message.isLate),
                ])
        case .gap(let gap):
            saw(
                "gap",
                ["origin": .string(gap.origin), "first": .integer(Int64(gap.first)), "last": .integer(Int64(gap.last))])
        case .connected(let connected):
            saw(
                "connected",
                [
                    "server": .string(connected.server), "name": .string(connected.name),
                    "resumed": .bool(connected.resumed),
                ])
        case .caughtUp(let caughtUp): saw("caughtUp", ["missed": .integer(Int64(caughtUp.missed))])
        case .lost(let lost): saw("lost", ["server": .string(lost.server), "reason": .string(lost.reason)])
        case .notice(let notice):
            saw("notice", ["info": .string(notice.info), "waits": notice.waits.map { .bool($0) } ?? .null])
        case .skipped(let skipped): saw("skipped", ["count": .integer(Int64(skipped.count))])
        }
    }

    // MARK: Lines

    private static func inputLines() -> AsyncStream<String> {
        AsyncStream { lines in
            DispatchQueue(label: "input").async {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }

    /// Writes one line.
    private static func saw(_ what: String, _ fields: KeyValuePairs<String, JSONValue> = [:]) {
        var members = JSONMembers()
        members["saw"] = .string(what)
        for (name, value) in fields { members[name] = value }
        var line: [UInt8] = []
        JSONValue.object(members).encode(into: &line)
        line.append(UInt8(ascii: "\n"))
        output.sync {
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
                guard count > 0 else { exit(1) }
                rest = rest.dropFirst(count)
            }
        }
    }

    private static let output = DispatchQueue(label: "output")

    // MARK: Options

    private func options(_ command: JSONValue) -> ClientOptions {
        var options = ClientOptions()
        if let name = command["username"]?.string {
            let registers = command["register"]?.bool ?? false
            options.user = .named(name, secret: command["secret"]?.string ?? "", registers: registers)
        }
        if let file = command["authority"]?.string { options.encryption = .authorities(file: file) }
        for limit in command["limits"]?.object?.list ?? [] { set(limit.key, Int(limit.value.integer!), &options) }
        options.mutation = mutation
        return options
    }

    /// Limits as JavaScript has them, in milliseconds.
    private func set(_ name: String, _ value: Int, _ options: inout ClientOptions) {
        let time = Duration.milliseconds(value)
        switch name {
        case "connectTimeout": options.limits.connectTimeout = time
        case "answerTimeout": options.limits.answerTimeout = time
        case "firstPatience": options.limits.firstPatience = time
        case "longestPause": options.limits.longestPause = time
        case "silence": options.limits.silence = time
        case "silencePatience": options.limits.silencePatience = time
        case "heldBackPatience": options.limits.heldBackPatience = time
        case "quiet": options.limits.quiet = time
        case "longestCatchUp": options.limits.longestCatchUp = time
        case "complaints": options.limits.complaints = value
        case "window": options.limits.window = value
        case "queue": options.queue = value
        default: preconditionFailure("the limit \(name) is not known here")
        }
    }
}

/// Whether the program takes events.
private actor Gate {
    private var isOpen = true
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func set(isOpen: Bool) {
        self.isOpen = isOpen
        guard isOpen else { return }
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    func pass() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}
