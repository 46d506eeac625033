// ExampleBridge HOST:PORT HOST:PORT: joins two networks. What is said in one is said in the other, with `via`: who said
// it. What has come over a bridge is not sent over another one, so two bridges make no loop.
//
// Each network keeps its own order. A message that was read, and not said yet when this program dies, isn't said.

import CoppiceClient
@preconcurrency import Glibc

@main
struct Bridge {
    static func main() async {
        setlinebuf(stdout)
        let given = Array(CommandLine.arguments.dropFirst())
        guard given.count == 2 else {
            print("usage: ExampleBridge HOST:PORT HOST:PORT")
            exit(2)
        }
        do {
            let one = try Client(given[0])
            let other = try Client(given[1])
            for client in [one, other] { try await client.connect() }
            print("\(given[0]) and \(given[1]) are joined")
            try await withThrowingTaskGroup(of: Void.self) { directions in
                directions.addTask { try await carry(from: one, to: other) }
                directions.addTask { try await carry(from: other, to: one) }
                try await directions.waitForAll()
            }
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    static func carry(from source: Client, to target: Client) async throws {
        for try await event in source.events {
            guard case .message(let message) = event, !message.isOwn, message.activity["via"] == nil,
                var members = message.activity.object
            else { continue }
            members["authenticated_user"] = nil
            members["via"] = .string(message.sender)
            do {
                // It waits here while the other network is slow, and then nothing more is read from this one.
                _ = try await target.post(.object(members))
            } catch let fault as ClientFault where fault.reason == .tooLong {
                print("a message of \(message.sender) was not carried: \(fault)")
            }
        }
    }
}
