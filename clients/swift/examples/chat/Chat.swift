// ExampleChat [HOST:PORT [NAME]]: says what you type, and shows what is said. Control-D leaves. The secret of a name is
// read from the environment: COPPICE_USER_SECRET.

import CoppiceClient
import Dispatch
@preconcurrency import Glibc

@main
struct Chat {
    static func main() async {
        setlinebuf(stdout)
        let given = CommandLine.arguments.dropFirst()
        var options = ClientOptions()
        if let name = given.dropFirst().first, let secret = getenv("COPPICE_USER_SECRET") {
            options.user = .named(name, secret: String(cString: secret))
        }
        do {
            let client = try Client(given.first ?? "localhost:3780", options: options)
            try await client.connect()
            let showing = Task { for try await event in client.events { show(event) } }
            for await line in typedLines() where !line.isEmpty { _ = try await client.post(line) }
            try await client.flush()
            await client.close()
            try await showing.value
        } catch {
            print((error as? ClientFault).map { "\($0.reason): \($0)" } ?? "\(error)")
            exit(1)
        }
    }

    static func show(_ event: ClientEvent) {
        switch event {
        case .message(let message):
            let you = message.isOwn ? " (you)" : ""
            print("<\(message.sender)\(you)> \(message.activity["object"]?.string ?? message.text)")
        case .gap(let gap): print("-- \(gap.last - gap.first + 1) messages are gone for good")
        case .lost(let lost): print("-- \(lost.server) was lost (\(lost.reason)); what you type is kept")
        case .connected(let connected): print("-- you are \(connected.name) at \(connected.server)")
        default: break
        }
    }

    static func typedLines() -> AsyncStream<String> {
        AsyncStream { lines in
            DispatchQueue(label: "input").async {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }
}
