// ExampleLoad [HOST:PORT,… [CLIENTS [MESSAGES [WINDOW]]]]: a load test. One client says MESSAGES, of which WINDOW are
// under way at most; CLIENTS listen. Prints how fast they came, how long receipts took, and ends with status 1 if
// anybody missed one.

import CoppiceClient
import Glibc

@main
struct Load {
    static func main() async throws {
        let given = Array(CommandLine.arguments.dropFirst())
        func number(_ index: Int, _ usual: Int) -> Int { given.count > index ? Int(given[index]) ?? usual : usual }
        let servers = (given.first ?? "localhost:3780").split(separator: ",").map(String.init)
        let (clients, count, run) = (number(1, 20), number(2, 5000), "\(ContinuousClock.now)")
        let listeners = try (0..<clients).map { try Client(servers[$0 % servers.count]) }
        for client in listeners { try await client.connect() }
        var options = ClientOptions()
        options.limits.window = number(3, 256)
        let sender = try Client(servers[0], options: options)
        try await sender.connect()

        let listening = listeners.map { client in Task { try await listen(client, to: run, count) } }
        let began = ContinuousClock.now
        var waiting: [Task<Duration, any Error>] = []
        for n in 0..<count {
            let said = ContinuousClock.now
            let pending = try await sender.post(
                ["run": .string(run), "n": .integer(Int64(n)), "text": .string(String(repeating: "x", count: 64))])
            waiting.append(
                Task {
                    _ = try await pending.receipt; return said.duration(to: .now)
                })
        }
        var seen = 0
        for task in listening { seen += try await task.value }
        try await sender.flush()
        let seconds = began.duration(to: .now) / .seconds(1)
        var times: [Duration] = []
        for task in waiting { times.append(try await task.value) }
        times.sort()
        for client in listeners + [sender] { await client.close() }
        let after = [2, 100].map {
            "\((times[times.count - 1 - times.count / $0] / .microseconds(100)).rounded() / 10) ms"
        }
        let missed = count * clients - seen
        print(
            "\(Int(Double(seen) / seconds)) deliveries a second; receipts after \(after[0]) (half), "
                + "\(after[1]) (99 of 100); \(missed) missed")
        exit(missed == 0 ? 0 : 1)
    }

    static func listen(_ client: Client, to run: String, _ count: Int) async throws -> Int {
        var seen = 0
        for try await event in client.events {
            guard case .message(let message) = event, message.activity["run"]?.string == run else { continue }
            seen += 1
            if message.activity["n"]?.integer == Int64(count - 1) { break }
        }
        return seen
    }
}
