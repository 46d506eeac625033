import Testing

@testable import UV

@Suite struct `A fan-out` {
    /// Lends bytes in pieces of a given size, as a log does.
    private struct Bytes {
        let bytes: [UInt8]
        let pieceBytes: Int
        var end: UInt64 { UInt64(bytes.count) }

        func lend(_ position: UInt64, upTo limit: UInt64, _ give: (Span<UInt8>) -> Void) {
            let end = min((Int(position) / pieceBytes + 1) * pieceBytes, Int(limit))
            give(bytes.span.extracting(Int(position)..<end))
        }
    }

    private let later = UInt64.max

    @Test func `gives each stream all bytes from its own position on, across pieces`() throws {
        let bytes = Bytes(bytes: (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }, pieceBytes: 1000)
        try play { loop in
            var fanOut = FanOut()
            var members: [UV.Stream] = []
            for start in [0, 1, 999, 1000, 4321, 10_000] {
                try connectedPair(on: loop) { server, client in
                    _ = Recorder(client)
                    fanOut.add(client, tag: UInt32(start), at: UInt64(start))
                    let reader = Recorder(server)
                    reader.onEnd = { reader, _ in
                        #expect(reader.bytes == Array(bytes.bytes[start...]))
                        reader.stream.close()
                    }
                    members.append(client)
                    guard members.count == 6 else { return }
                    #expect(fanOut.lag(behind: bytes.end).members == 5)
                    #expect(fanOut.lag(behind: bytes.end).mostBytes == 10_000)
                    fanOut.beginSweep()
                    let troubles = fanOut.serve(from: 0, patientFrom: 0, upTo: bytes.end, until: later) {
                        bytes.lend($0, upTo: bytes.end, $1)
                    }
                    #expect(troubles.isEmpty)
                    #expect(!fanOut.hasWork)
                    #expect(fanOut.lag(behind: bytes.end) == FanOutLag())
                    for member in members {
                        #expect(fanOut.position(of: member) == bytes.end)
                        fanOut.remove(member)
                        member.finish(within: .seconds(5))
                    }
                }
            }
        }
    }

    @Test func `reports a member whose buffer is full, and gives it nothing until it is placed again`() throws {
        let bytes = Bytes(bytes: Array(repeating: 7, count: 8 << 20), pieceBytes: 1 << 20)
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 4096)
                _ = Recorder(client)
                let reader = Recorder(server, reading: false)
                reader.onEnd = { reader, _ in reader.stream.close() }
                var fanOut = FanOut()
                fanOut.add(client, tag: 5, at: 0)
                let sweep = { (floor: UInt64, patience: UInt64) in
                    fanOut.beginSweep()
                    return fanOut.serve(from: floor, patientFrom: patience, upTo: bytes.end, until: later) {
                        bytes.lend($0, upTo: bytes.end, $1)
                    }
                }
                #expect(sweep(0, 0) == [.full(tag: 5, begun: 0)])
                let reached = fanOut.position(of: client)!
                #expect(reached > 0 && reached < bytes.end)
                #expect(sweep(0, 0) == [])
                #expect(fanOut.position(of: client) == reached)
                // The member may wait at this position, but no further back.
                #expect(sweep(0, reached) == [])
                #expect(sweep(0, reached + 1) == [.behind(tag: 5)])
                fanOut.place(client, at: reached, isWaiting: false)
                #expect(sweep(0, bytes.end) == [.full(tag: 5, begun: 0)])
                #expect(sweep(reached + (1 << 20), 0) == [.behind(tag: 5)])
                fanOut.remove(client)
                #expect(fanOut.count == 0 && fanOut.position(of: client) == nil)
                client.close()
                server.startReading()
            }
        }
    }

    /// Cuts bytes into pieces of so many bytes, each behind its length in brackets. In the place of a piece at an odd
    /// position stands its length alone.
    private static func framing(_ cutBytes: Int) -> FanOut.Framing {
        .init {
            min($0.count, cutBytes)
        } begin: { piece, position, sent in
            sent += "[\(piece.count)]".utf8
            return position % 2 == 0
        }
    }

    /// What is sent to a member that starts at a position and gets everything before each of these limits, one after
    /// the other; and where each piece ends in it and in the bytes.
    private static func sent(
        _ bytes: Bytes, from start: Int, upTo limits: [Int], cutBytes: Int
    ) -> (bytes: [UInt8], ends: [Int: Int]) {
        var (sent, ends): ([UInt8], [Int: Int]) = ([], [start: 0])
        var position = start
        for limit in limits {
            while position < limit {
                let end = min((position / bytes.pieceBytes + 1) * bytes.pieceBytes, limit, position + cutBytes)
                sent += "[\(end - position)]".utf8
                if position % 2 == 0 { sent += bytes.bytes[position..<end] }
                position = end
                ends[position] = sent.count
            }
        }
        return (sent, ends)
    }

    private static func begun(_ troubles: [FanOut.Trouble]) -> Int? {
        if case .full(_, let begun) = troubles.first { begun } else { nil }
    }

    @Test func `with a framing sends each piece behind its header, and counts one that has begun as not sent`() throws {
        let bytes = Bytes(bytes: (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }, pieceBytes: 1 << 20)
        let cutBytes = 30_001
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 128 * 1024)
                _ = Recorder(client)
                let reader = Recorder(server, reading: false)
                var fanOut = FanOut(framing: Self.framing(cutBytes))
                fanOut.add(client, tag: 5, at: 100)
                fanOut.beginSweep()
                let none = fanOut.serve(from: 0, patientFrom: 0, upTo: 300, until: later) {
                    bytes.lend($0, upTo: 300, $1)
                }
                #expect(none.isEmpty && fanOut.position(of: client) == 300)
                fanOut.beginSweep()
                let troubles = fanOut.serve(from: 0, patientFrom: 0, upTo: bytes.end, until: later) {
                    bytes.lend($0, upTo: bytes.end, $1)
                }
                let begun = Self.begun(troubles)
                let position = Int(fanOut.position(of: client)!)
                #expect(begun != nil && position < bytes.bytes.count)
                let all = Self.sent(bytes, from: 100, upTo: [300, bytes.bytes.count], cutBytes: cutBytes)
                reader.onEnd = { reader, _ in
                    // The position is between two pieces, and what was sent ends so far behind it.
                    let end = all.ends[position].map { $0 + (begun ?? 0) } ?? 0
                    #expect(end > 0 && fanOut.bytesWritten == end)
                    #expect(reader.bytes == Array(all.bytes[..<end]))
                    reader.stream.close()
                }
                fanOut.remove(client)
                client.finish(within: .seconds(5))
                server.startReading()
            }
        }
    }

    @Test func `sends several pieces with their headers by one system call`() throws {
        let bytes = Bytes(bytes: (0..<4000).map { UInt8(truncatingIfNeeded: $0) }, pieceBytes: 4000)
        try play { loop in
            try connectedPair(on: loop) { server, client in
                _ = Recorder(client)
                let reader = Recorder(server)
                var fanOut = FanOut(framing: Self.framing(301))
                fanOut.add(client, tag: 1, at: 0)
                fanOut.beginSweep()
                var lent = 0
                let none = fanOut.serve(from: 0, patientFrom: 0, upTo: bytes.end, until: later) {
                    lent += 1
                    bytes.lend($0, upTo: bytes.end, $1)
                }
                #expect(none.isEmpty && lent == 1)
                #expect(fanOut.position(of: client) == bytes.end)
                reader.onEnd = { reader, _ in
                    #expect(reader.bytes == Self.sent(bytes, from: 0, upTo: [4000], cutBytes: 301).bytes)
                    reader.stream.close()
                }
                fanOut.remove(client)
                client.finish(within: .seconds(5))
            }
        }
    }

    @Test func `serves every member although others leave during a sweep`() throws {
        let bytes = Bytes(bytes: Array(repeating: 7, count: 10), pieceBytes: 10)
        try play { loop in
            var fanOut = FanOut()
            var members: [UV.Stream] = []
            let wanted = 150
            for _ in 0..<wanted {
                try connectedPair(on: loop) { server, client in
                    _ = Recorder(client)
                    _ = Recorder(server)
                    members.append(client)
                    fanOut.add(client, tag: UInt32(members.count), at: 0)
                    guard members.count == wanted else { return }
                    fanOut.beginSweep()
                    while fanOut.hasWork {
                        _ = fanOut.serve(from: 0, patientFrom: 0, upTo: 10, until: 0) { bytes.lend($0, upTo: 10, $1) }
                        // A member that was served already leaves; the last member takes its index.
                        let leaver = members.remove(at: 5)
                        fanOut.remove(leaver)
                        leaver.close()
                    }
                    for member in members {
                        #expect(fanOut.position(of: member) == 10)
                        fanOut.remove(member)
                        member.close()
                    }
                }
            }
        }
    }

    @Test func `continues where the time was up, with another member first`() throws {
        let bytes = Bytes(bytes: Array(repeating: 7, count: 10), pieceBytes: 10)
        try play { loop in
            var fanOut = FanOut()
            var members: [UV.Stream] = []
            let wanted = 150
            for _ in 0..<wanted {
                try connectedPair(on: loop) { server, client in
                    _ = Recorder(client)
                    _ = Recorder(server)
                    members.append(client)
                    fanOut.add(client, tag: UInt32(members.count), at: 0)
                    guard members.count == wanted else { return }
                    fanOut.beginSweep()
                    var served: [Int] = []
                    while fanOut.hasWork {
                        _ = fanOut.serve(from: 0, patientFrom: 0, upTo: 10, until: 0) { bytes.lend($0, upTo: 10, $1) }
                        served.append(members.count { fanOut.position(of: $0) == 10 })
                    }
                    // The clock is read every 64 writes. After three slices every member has been served once.
                    #expect(served == [64, 128, 150])
                    for member in members {
                        fanOut.remove(member)
                        member.close()
                    }
                }
            }
        }
    }
}
