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

    private static func header(_ count: Int) -> [UInt8] { Array("[\(count)]".utf8) }

    /// What was sent, as pieces with headers, to a member that stands at `position` and has `begun` another piece.
    private static func sent(_ bytes: Bytes, _ position: Int, begun: Int) -> [UInt8] {
        var sent = header(200) + bytes.bytes[100..<300]
        var start = 300
        while true {
            let end = min((start / bytes.pieceBytes + 1) * bytes.pieceBytes, bytes.bytes.count)
            let piece = header(end - start) + bytes.bytes[start..<end]
            if start == position { return sent + piece.prefix(begun) }
            sent += piece
            start = end
        }
    }

    private static func begun(_ troubles: [FanOut.Trouble]) -> Int? {
        if case .full(_, let begun) = troubles.first { begun } else { nil }
    }

    @Test func `with headers sends each piece behind its own, and counts a piece that has begun as not sent`() throws {
        let bytes = Bytes(bytes: (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }, pieceBytes: 1 << 20)
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 4096)
                _ = Recorder(client)
                let reader = Recorder(server, reading: false)
                var fanOut = FanOut(header: Self.header)
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
                reader.onEnd = { reader, _ in
                    #expect(reader.bytes == Self.sent(bytes, position, begun: begun ?? 0))
                    reader.stream.close()
                }
                fanOut.remove(client)
                client.finish(within: .seconds(5))
                server.startReading()
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
