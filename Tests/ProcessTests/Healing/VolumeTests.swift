import Foundation
import Testing

extension RealProcesses.HealingTests {
    /// Each talks as fast as its own messages come back, with up to `window` of them under way.
    @Test func `Ten thousand messages between two anonymous clients at different nodes: none lost, doubled or late`()
        throws
    {
        try onBench { bench in
            let tree = try SixNodes(bench)
            let each = 5_000
            let window = 250
            let talkers = [
                Talker("left", try bench.client(at: tree.e, "left")),
                Talker("right", try bench.client(at: tree.c, "right")),
            ]
            let start = now()
            let deadline = Deadline(within: .seconds(90))
            while talkers.contains(where: { $0.heard.values.reduce(0, +) < 2 * each }) {
                try #require(!deadline.hasPassed, "\(talkers.map { "\($0.name) has heard \($0.heard)" })")
                for talker in talkers {
                    while talker.sent < each, talker.sent - talker.heard[talker.name, default: 0] < window {
                        try talker.client.say(["from": .string(talker.name), "n": .integer(talker.sent)])
                        talker.sent += 1
                    }
                }
                var requests = talkers.map {
                    pollfd(fd: $0.client.descriptor.number, events: Int16(POLLIN), revents: 0)
                }
                _ = poll(&requests, nfds_t(requests.count), 100)
                for talker in talkers { try talker.listen() }
            }
            print("10,000 messages across six nodes in \(Int((now() - start).milliseconds)) ms")
            for talker in talkers {
                #expect(talker.heard == ["left": each, "right": each])
                // Nothing more: what comes next is new.
                try talker.client.say(["end": .string(talker.name)])
                for other in talkers { try other.client.hear(["end": .string(talker.name)]) }
            }
        }
    }
}

private final class Talker {
    let name: String
    let client: BaseClient
    var sent = 0
    /// How many have come of each talker; they count from 0, so the next must carry this number.
    var heard: [String: Int] = [:]

    init(_ name: String, _ client: BaseClient) {
        self.name = name
        self.client = client
    }

    func listen() throws {
        while let message = try client.readAvailable() {
            let from = message["activity"]?["from"]?.text ?? "nobody"
            let expected = heard[from, default: 0]
            try #require(
                message["activity"]?["n"]?.integer == expected,
                "\(name) expected \(expected) from \(from): \(message.line)")
            heard[from] = expected + 1
        }
    }
}
