import Testing

@testable import UV

/// A filter that turns each byte by one bit, after both sides have said hello.
///
///     H   hello; E   the end; N   nonsense, which the receiver answers by X; everything else is text
private final class Scrambler: StreamFilter {
    private(set) var state = StreamFilterState.opening

    func begin(send: (RawSpan) -> Void) { give("H", send) }

    func receive(_ bytes: RawSpan, send: (RawSpan) -> Void, text: (RawSpan) -> Void) {
        var read: [UInt8] = []
        for byte in bytes.withUnsafeBytes({ Array($0) }) {
            switch byte {
            case UInt8(ascii: "H"): state = .open
            case UInt8(ascii: "E"): state = .ended
            case UInt8(ascii: "N"):
                state = .failed("nonsense")
                give("X", send)
            default: read.append(byte ^ 0x80)
            }
        }
        if !read.isEmpty { text(read.span.bytes) }
    }

    func write(_ text: RawSpan, send: (RawSpan) -> Void) {
        let scrambled = text.withUnsafeBytes { $0.map { $0 ^ 0x80 } }
        send(scrambled.span.bytes)
    }

    func finish(send: (RawSpan) -> Void) { give("E", send) }

    private func give(_ text: String, _ send: (RawSpan) -> Void) {
        let bytes = Array(text.utf8)
        send(bytes.span.bytes)
    }
}

/// What a handler of a filtered stream sees, and nothing more.
private final class Witness: StreamHandler {
    let stream: UV.Stream
    var text = ""
    var opened = 0
    var ends: [UVError?] = []

    init(_ stream: UV.Stream) {
        self.stream = stream
        stream.handler = self
    }

    func stream(_ stream: UV.Stream, received bytes: RawSpan) {
        text += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    func streamOpened(_ stream: UV.Stream) { opened += 1 }
    func streamDrained(_ stream: UV.Stream) {}
    func streamEnded(_ stream: UV.Stream, error: UVError?) {
        ends.append(error)
        stream.finish(within: .seconds(5))
    }
}

@Suite struct `A filter of a stream` {
    @Test func `turns what passes the socket, and lets wait what is written before it opens`() throws {
        var witnesses: [Witness] = []
        try play { loop in
            try connectedPair(on: loop) { server, client in
                witnesses = [Witness(client), Witness(server)]
                client.install(Scrambler())
                client.write("before ")
                client.write("it opens")
                server.install(Scrambler())
                server.startReading()
                client.startReading()
                let timer = Timer(on: loop) {}
                timer.start(after: .milliseconds(1), repeating: .milliseconds(1))
                let hook = TurnHook(on: loop, kind: .afterPolling) {
                    guard witnesses[1].text == "before it opens" else { return }
                    client.finish(within: .seconds(5))
                }
                var last: TurnHook?
                last = TurnHook(on: loop, kind: .beforePolling) {
                    guard witnesses[1].ends.count == 1 else { return }
                    hook.close()
                    timer.close()
                    last?.close()
                    last = nil
                }
            }
        }
        #expect(witnesses.map(\.opened) == [1, 1])
        #expect(witnesses[1].text == "before it opens")
        // The other side has said that it writes no more.
        #expect(witnesses[1].ends == [nil])
    }

    @Test func `gets bytes that were read before it was installed`() throws {
        var witness: Witness?
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let raw = Recorder(client)
                raw.onEnd = { raw, _ in raw.stream.close() }
                witness = Witness(server)
                server.install(Scrambler(), received: [UInt8(ascii: "H"), UInt8(ascii: "a") ^ 0x80])
                server.finish(within: .seconds(5))
                #expect(witness?.text == "a")
                #expect(witness?.opened == 1)
            }
        }
    }

    @Test func `that fails sends its last word, and says why`() throws {
        var witness: Witness?
        var answer = ""
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let raw = Recorder(client)
                raw.onEnd = { raw, _ in
                    answer = raw.text
                    raw.stream.close()
                }
                witness = Witness(server)
                server.install(Scrambler())
                server.startReading()
                client.write("HN")
            }
        }
        #expect(witness?.ends == [.filterFailed])
        #expect(witness?.stream.filterFailure == "nonsense")
        #expect(answer == "HX")
    }

    @Test(arguments: [("", UVError.filterFailed, 0), ("H", UVError.connectionReset, 1)])
    func `doesn't take a cut for an end`(sent: String, error: UVError, opened: Int) throws {
        var witness: Witness?
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let raw = Recorder(client)
                raw.onEnd = { raw, _ in raw.stream.close() }
                witness = Witness(server)
                server.install(Scrambler())
                server.startReading()
                client.write(sent)
                client.finish(within: .seconds(5))
            }
        }
        #expect(witness?.ends == [error])
        #expect(witness?.opened == opened)
    }
}

@Suite struct `A fan-out to filtered streams` {
    @Test func `gives each all bytes from its own position on, with at most one piece that waits`() throws {
        let bytes = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 / 1000) & 0x3F }
        let limit = UInt64(bytes.count)
        let piece = 16_384
        func give(_ stream: UV.Stream, _ position: UInt64) -> Int {
            let end = min(Int(position) + piece, bytes.count)
            stream.write(bytes.span.extracting(Int(position)..<end))
            return end - Int(position)
        }
        try play { loop in
            var fanOut = FilteredFanOut()
            var members: [UV.Stream] = []
            for start in [0, 1_000_000, 3_999_999] as [UInt64] {
                try connectedPair(on: loop) { server, client in
                    client.setSendBuffer(bytes: 4096)
                    let member = Recorder(client, reading: false)
                    client.install(Scrambler(), received: [UInt8(ascii: "H")])
                    fanOut.add(client, tag: UInt32(start % 1000), at: start)
                    member.onDrained = { member in
                        fanOut.advance(member.stream, from: 0, upTo: limit, give)
                        #expect(member.stream.queuedBytes <= piece)
                        if member.stream.queuedBytes == 0 {
                            fanOut.remove(member.stream)
                            member.stream.finish(within: .seconds(5))
                        }
                    }
                    let reader = Recorder(server)
                    reader.onEnd = { reader, _ in
                        // Its hello, the text, and its end.
                        #expect(reader.bytes.count == bytes.count - Int(start) + 2)
                        let text = reader.bytes.dropFirst().dropLast().map { $0 ^ 0x80 }
                        #expect(text.elementsEqual(bytes[Int(start)...]))
                        reader.stream.close()
                    }
                    members.append(client)
                    guard members.count == 3 else { return }
                    fanOut.beginSweep()
                    let behind = fanOut.serve(from: 0, patientFrom: 0, upTo: limit, until: .max, give)
                    #expect(behind.isEmpty)
                    #expect(!fanOut.hasWork)
                    for member in members where member.queuedBytes == 0 {
                        fanOut.remove(member)
                        member.finish(within: .seconds(5))
                    }
                }
            }
        }
    }

    @Test func `tells who waits before what is kept`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                _ = Recorder(client)
                let reader = Recorder(server)
                reader.onEnd = { reader, _ in reader.stream.close() }
                client.install(Scrambler(), received: [UInt8(ascii: "H")])
                var fanOut = FilteredFanOut()
                fanOut.add(client, tag: 7, at: 10)
                fanOut.beginSweep()
                #expect(fanOut.serve(from: 20, patientFrom: 20, upTo: 30, until: .max) { _, _ in 0 } == [7])
                fanOut.remove(client)
                client.finish(within: .seconds(5))
            }
        }
    }
}
