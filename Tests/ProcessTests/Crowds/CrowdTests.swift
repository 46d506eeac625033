import Foundation
import Testing

extension RealProcesses {
    /// What a node does when there are too many, and when somebody is too slow.
    @Suite struct CrowdTests {}
}

// MARK: - No room

extension RealProcesses.CrowdTests {
    @Test func `A full node says so to clients; nodes and tools still get in, and clients again when one has left`()
        throws
    {
        try onBench { bench in
            let node = try bench.node("full", ["--max-clients", "2"])
            let first = try bench.client(at: node, "first")
            let second = try bench.client(at: node, "second")

            let third = try bench.connect(to: node, "third")
            try third.sendLogin()
            let answer = try third.expect("INVALID_MESSAGE")
            #expect(answer["info"]?.text?.contains("full") == true)
            try third.expectEnd()

            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            #expect(try bench.tree(at: node).value["counts"]?["refused"]?.integer == 1)

            first.close()
            try eventually("there is room again") {
                let newcomer = try bench.connect(to: node, "newcomer")
                try newcomer.login()
                return true
            }
            try second.say(["n": 1])
            try second.hear(["n": 1])
        }
    }

    @Test func `With few descriptors nobody is closed without a word, and a link still finds one`() throws {
        try onBench { bench in
            let node = try bench.node("small", ["--max-children", "4"], descriptors: 64)
            let client = try bench.client(at: node, "client")
            // They connect and say nothing.
            var crowd: [BaseClient] = []
            for number in 0..<100 { crowd.append(try bench.connect(to: node, "silent \(number)")) }
            var refused = 0
            // One that is let in is told nothing, so only time shows it: until the others have had their answer.
            try eventually("those who don't fit are refused") {
                for silent in crowd {
                    guard let reading = silent.descriptor.readAvailableLine()?.line else { continue }
                    #expect(reading.contains("this server is full"))
                    refused += 1
                }
                return refused > 30
            }
            #expect(refused > 30 && refused < 80)

            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            try client.say(["n": 1])
            try client.hear(["n": 1])

            for silent in crowd { silent.close() }
            try eventually("newcomers are served again") {
                let newcomer = try bench.connect(to: node, "newcomer")
                try newcomer.login()
                return true
            }
        }
    }
}

// MARK: - Too slow

extension RealProcesses.CrowdTests {
    private static let text = String(repeating: "x", count: 1000)

    @Test func `A client that stops reading is closed and counted, and nobody else notices`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-lag-bytes", "262144"])
            let slow = try bench.client(at: node, "slow")
            slow.keepLittle()
            let talker = try bench.client(at: node, "talker")
            var isClosed = false
            var said = 0
            while !isClosed {
                try #require(said < 20_000, "the client that doesn't read is still there")
                for _ in 0..<200 {
                    try talker.say(["n": .integer(said), "t": .string(Self.text)])
                    said += 1
                }
                for number in said - 200..<said {
                    try talker.hear(["n": .integer(number), "t": .string(Self.text)])
                }
                isClosed = try bench.tree(at: node).value["counts"]?["slow_clients"]?.integer == 1
            }
            try eventually("the log says so") { node.program.errors.contains("reads too slowly") }
            // What it was given is whole and in order; it may have been told why it ended.
            var heard = 0
            while case .line(let line) = slow.descriptor.readLine(until: Deadline(within: .seconds(5))) {
                let message = try JSONParser.parse(line)
                if message["command"] == "INVALID_MESSAGE" {
                    #expect(message["info"]?.text?.contains("too slow") == true)
                } else {
                    try #require(message["activity"]?["n"]?.integer == heard)
                    heard += 1
                }
            }
            #expect(heard < said)
        }
    }

    /// Reads what a client was given, and answers the last line.
    private func readToEnd(_ client: BaseClient) throws -> JSONValue? {
        var last: JSONValue?
        while case .line(let line) = client.descriptor.readLine(until: Deadline(within: .seconds(5))) {
            last = try JSONParser.parse(line)
        }
        return last
    }

    @Test func `A client that takes nothing is closed in time, reads why later, and is told at its next login`()
        throws
    {
        try onBench { bench in
            let node = try bench.node("node", ["--taken-within", "5"])
            let slow = try bench.connect(to: node, "slow")
            try slow.sendLogin()
            let session = try slow.expect("LOGIN_SUCCESS")["session"]?.text
            slow.keepLittle()
            let talker = try bench.client(at: node, "talker")
            // Less than a client may lag, and more than the kernel takes.
            for number in 0..<2000 {
                try talker.say(["n": .integer(number), "t": .string(Self.text)])
                try talker.hear(["n": .integer(number), "t": .string(Self.text)])
            }
            try eventually("it is closed", within: .seconds(20)) {
                try bench.tree(at: node).value["counts"]?["slow_clients"]?.integer == 1
            }
            // Longer than others have to read their last answer.
            Thread.sleep(forTimeInterval: 3)
            let last = try readToEnd(slow)
            #expect(last?["command"] == "INVALID_MESSAGE")
            #expect(last?["info"]?.text?.contains("too slow") == true)

            for isTold in [true, false] {
                let again = try bench.connect(to: node, "again")
                try again.send([
                    "command": "LOGIN", "username": "anonymous", "session": .string(try #require(session)),
                ])
                let answer = try again.expect("LOGIN_SUCCESS")
                #expect((answer["cut"]?.text?.contains("too slow") == true) == isTold)
                again.close()
            }
        }
    }

    @Test func `Clients whose buffers fill again and again get everything`() throws {
        try onBench { bench in
            let node = try bench.node()
            let readers = try (0..<4).map { try bench.client(at: node, "reader \($0)") }
            for reader in readers { reader.keepLittle(bytes: 128 * 1024) }
            let talker = try bench.client(at: node, "talker")
            var heard = [Int](repeating: 0, count: readers.count)
            let count = 2500
            var said = 0
            let deadline = Deadline(within: .seconds(60))
            while heard.contains(where: { $0 < count }) {
                try #require(!deadline.hasPassed, "heard \(heard) of \(count)")
                for _ in 0..<100 where said < count {
                    try talker.say(["n": .integer(said), "t": .string(Self.text)])
                    try talker.hear(["n": .integer(said), "t": .string(Self.text)])
                    said += 1
                }
                for (index, reader) in readers.enumerated() {
                    // Each reads in bursts of its own length.
                    var burst = 37 * (index + 1)
                    while burst > 0, let message = try reader.readAvailable() {
                        try #require(message["activity"]?["n"]?.integer == heard[index])
                        heard[index] += 1
                        burst -= 1
                    }
                }
            }
        }
    }
}

// MARK: Coming back

extension RealProcesses.CrowdTests {
    @Test func `Many clients that resume at once and don't read take little memory, and it is given back`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--vanished-after", "5"])
            let talker = try bench.client(at: node, "talker")
            var first: String?
            for number in 0..<12_000 {
                try talker.say(["n": .integer(number), "t": .string(Self.text)])
                let message = try talker.hear(["n": .integer(number), "t": .string(Self.text)])
                if number == 0 { first = message["id"]?.text }
            }
            let id = try #require(first)
            let before = try node.program.residentMegabytes
            let origin = String(id[..<id.lastIndex(of: ".")!])
            let crowd = try (0..<400).map { number in
                let client = try bench.connect(to: node, "resuming \(number)")
                client.keepLittle()
                try client.send(["command": "LOGIN", "username": "anonymous", "since": .object([origin: 1])])
                return client
            }
            try eventually("all of them are logged in") {
                try bench.tree(at: node).value["clients"]?.integer == 401
            }
            // Somebody who talks meanwhile waits for none of them.
            var peak = 0
            for number in 0..<300 {
                try talker.say(["m": .integer(number)])
                try talker.hear(["m": .integer(number)])
                peak = max(peak, try node.program.residentMegabytes)
            }
            // What waits is the budget for what has to be copied, and half a line and some buffers for each.
            #expect(peak - before < 40, "\(before) MB before, \(peak) MB with them")
            for client in crowd { client.close() }
            try eventually("the memory is given back", within: .seconds(40)) {
                try node.program.residentMegabytes * 10 <= max(before, 40) * 11
            }
        }
    }
}

extension BaseClient {
    /// Lets the kernel keep only little of what comes.
    fileprivate func keepLittle(bytes: Int32 = 4096) {
        var bytes = bytes
        _ = setsockopt(descriptor.number, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension Descriptor.Reading {
    fileprivate var line: String? {
        if case .line(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}
