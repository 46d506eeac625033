import Testing

@testable import UV

@Suite struct `A stream` {
    @Test func `resets its connection so that the other side sees it, and a second reset does nothing`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let left = Recorder(server)
                left.onEnd = { left, error in
                    #expect(error == .connectionReset)
                    left.stream.close()
                }
                client.reset()
                client.reset()
                client.close()
            }
        }
    }

    @Test func `sends back the bytes that it received`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let echo = Recorder(server)
                echo.onBytes = { echo in
                    echo.stream.write(echo.bytes)
                    echo.bytes = []
                }
                let asker = Recorder(client)
                asker.onBytes = { asker in
                    if asker.text == "hello, tree" { asker.stream.close() }
                }
                client.write("hello, ")
                client.write("tree")
            }
        }
    }

    @Test func `hands up half a line as it came`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let reader = Recorder(server)
                var pieces: [String] = []
                reader.onBytes = { reader in
                    pieces.append(reader.text)
                    reader.bytes = []
                    if pieces.count == 1 { client.write("line\n") } else { reader.stream.close() }
                }
                reader.onEnd = { _, _ in Issue.record("closed by itself") }
                let writer = Recorder(client)
                writer.onEnd = { writer, error in
                    #expect(error == nil)
                    #expect(pieces == ["half a ", "line\n"])
                    writer.stream.close()
                }
                client.write("half a ")
            }
        }
    }

    @Test func `reads at most one buffer in a turn, so that others don't wait for a busy stream`() throws {
        let total = 40 * UVLimits.readBufferBytes
        try play { loop in
            try connectedPair(on: loop) { server, client in
                var readsInTurn = 0
                var most = 0
                let hook = TurnHook(on: loop, kind: .beforePolling) { readsInTurn = 0 }
                let reader = Recorder(server)
                reader.onBytes = { reader in
                    readsInTurn += 1
                    most = max(most, readsInTurn)
                    if reader.bytes.count == total {
                        #expect(most == 1)
                        hook.close()
                        reader.stream.close()
                    }
                }
                _ = Recorder(client)
                client.write([UInt8](repeating: 7, count: total))
            }
        }
    }

    @Test func `takes no more than the kernel when it only tries, and reports when the rest has gone`() throws {
        var sent = 0
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 16 * 1024)
                let piece = [UInt8](repeating: 42, count: 100_000)
                let writer = Recorder(client)
                let reader = Recorder(server, reading: false)
                #expect(throws: Never.self) {
                    while true {
                        let taken = try client.tryWrite(piece.span)
                        sent += taken
                        if taken == 0 { break }
                    }
                }
                #expect(client.queuedBytes == 0)
                client.write(piece)
                #expect(client.queuedBytes == piece.count)
                client.write(piece)
                #expect(client.queuedBytes == 2 * piece.count)
                sent += 2 * piece.count
                // While bytes are queued, `tryWrite` must not send bytes before them.
                #expect((try? client.tryWrite(piece.span)) == 0)
                #expect(writer.drained == 0)
                writer.onDrained = { writer in
                    #expect(writer.stream.queuedBytes == 0)
                    #expect(writer.stream.queue == nil, "an idle stream holds no buffer")
                    writer.stream.finish(within: .seconds(5))
                }
                reader.onEnd = { reader, error in
                    #expect(error == nil)
                    #expect(reader.bytes.count == sent)
                    #expect(writer.drained == 1)
                    reader.stream.close()
                }
                server.startReading()
            }
        }
    }

    @Test func `keeps the order of many small writes over a full socket`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 4096)
                var expected: [UInt8] = []
                let reader = Recorder(server, reading: false)
                for number in 0..<60_000 {
                    let line = Array("line \(number)\n".utf8)
                    expected += line
                    client.write(line)
                }
                #expect(client.queuedBytes > 0)
                _ = Recorder(client)
                client.finish(within: .seconds(5))
                reader.onEnd = { reader, _ in
                    #expect(reader.bytes == expected)
                    reader.stream.close()
                }
                server.startReading()
            }
        }
    }

    @Test func `stops and goes on reading`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let reader = Recorder(server)
                let writer = Recorder(client)
                let pause = Timer(on: loop) {
                    #expect(reader.text == "one")
                    #expect(!server.isReading)
                    server.startReading()
                }
                reader.onBytes = { reader in
                    if reader.text == "one" {
                        reader.stream.stopReading()
                        client.write("two")
                        pause.start(after: .milliseconds(30))
                    } else {
                        #expect(reader.text == "onetwo")
                        pause.close()
                        reader.stream.close()
                        writer.stream.close()
                    }
                }
                client.write("one")
            }
        }
    }

    @Test func `can be closed inside of each of its callbacks`() throws {
        for place in ["bytes", "drained", "end"] {
            try play { loop in
                try connectedPair(on: loop) { server, client in
                    let recorder = Recorder(server)
                    var isClosed = false
                    let close: (Recorder) -> Void = { recorder in
                        #expect(!isClosed, "called after it was closed")
                        isClosed = true
                        recorder.stream.close()
                        recorder.stream.close()
                        recorder.stream.write("into the void")
                        recorder.stream.startReading()
                        recorder.stream.finish(within: .seconds(1))
                        #expect(recorder.stream.descriptor == -1)
                        #expect(recorder.stream.peer == nil)
                        recorder.letGo()
                    }
                    let peer = Recorder(client)
                    switch place {
                    case "bytes":
                        recorder.onBytes = close
                        client.write("x")
                    case "drained":
                        server.setSendBuffer(bytes: 4096)
                        recorder.onDrained = close
                        server.write([UInt8](repeating: 0, count: 4_000_000))
                    default:
                        recorder.onEnd = { recorder, _ in close(recorder) }
                        peer.stream.close()
                    }
                }
            }
        }
    }

    @Test func `makes no call after it was closed, whatever was under way`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                client.setSendBuffer(bytes: 4096)
                let writer = Recorder(client)
                writer.onDrained = { _ in Issue.record("drained after close") }
                writer.onEnd = { _, _ in Issue.record("ended after close") }
                client.write([UInt8](repeating: 1, count: 8_000_000))
                #expect(client.queuedBytes > 0)
                client.close()
                #expect(client.queuedBytes == 0)
                let reader = Recorder(server)
                reader.onEnd = { reader, _ in reader.stream.close() }
            }
        }
    }

    @Test func `reports a reset once`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let reader = Recorder(server)
                reader.onEnd = { reader, error in
                    #expect(error == .connectionReset)
                    #expect(reader.ends.count == 1)
                    // Bytes that are written now reach nobody, and the handler isn't told again.
                    reader.stream.write("too late")
                    let later = Timer(on: loop) { [unowned reader] in
                        #expect(reader.ends.count == 1)
                        reader.stream.close()
                    }
                    later.start(after: .milliseconds(20))
                    closeAfter(later, .milliseconds(40), on: loop)
                }
                reset(client)
            }
        }
    }

    @Test func `reports a reset once if both reading and a waiting write meet it`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let writer = Recorder(server)
                writer.onEnd = { writer, error in
                    #expect(error != nil)
                    #expect(writer.ends.count == 1)
                }
                server.write([UInt8](repeating: 1, count: 8_000_000))
                #expect(server.queuedBytes > 0)
                reset(client)
                let later = Timer(on: loop) {
                    #expect(writer.ends.count == 1)
                    server.close()
                }
                later.start(after: .milliseconds(50))
                closeAfter(later, .milliseconds(80), on: loop)
            }
        }
    }

    @Test func `reports a broken connection when it is written to, although it isn't reading`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let writer = Recorder(server, reading: false)
                writer.onEnd = { writer, error in
                    #expect(error == .brokenPipe || error == .connectionReset)
                    writer.stream.close()
                }
                reset(client)
                let later = Timer(on: loop) {
                    server.write("first: taken or refused")
                    server.write("second")
                    #expect(writer.ends.isEmpty, "told in the midst of the call")
                }
                later.start(after: .milliseconds(20))
                closeAfter(later, .milliseconds(40), on: loop)
            }
        }
    }

    @Test func `still writes after the other side has ended its half`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let answerer = Recorder(server)
                answerer.onEnd = { answerer, error in
                    #expect(error == nil)
                    #expect(answerer.text == "question")
                    answerer.stream.write("answer")
                    answerer.stream.finish(within: .seconds(5))
                }
                let asker = Recorder(client)
                asker.onEnd = { asker, error in
                    #expect(asker.text == "answer")
                    asker.stream.close()
                }
                client.write("question")
                halfClose(client)
            }
        }
    }

    @Test func `knows the addresses of both ends and its options`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                #expect(server.peer == client.local)
                #expect(client.peer == server.local)
                #expect(server.peer?.isLoopback == true)
                #expect(server.descriptor > 2)
                #expect(loop.openStreams == 2)
                server.setNoDelay()
                server.setSendBuffer(bytes: 256 * 1024)
                server.close()
                #expect(loop.openStreams == 1)
                client.close()
                #expect(loop.openStreams == 0)
            }
        }
    }
}
