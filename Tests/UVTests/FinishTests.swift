import Testing

@testable import UV

@Suite struct `Finishing a stream` {
    @Test func `delivers the last answer although bytes of the other side are unread`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                _ = Recorder(server, reading: false)
                let redirected = Recorder(client)
                redirected.onEnd = { redirected, error in
                    #expect(error == nil)
                    #expect(redirected.text == "REDIRECT\n")
                    redirected.stream.close()
                }
                client.write([UInt8](repeating: 0, count: 50_000))
                let later = Timer(on: loop) {
                    server.write("REDIRECT\n")
                    server.finish(within: .seconds(5))
                    #expect(server.isFinishing)
                    // After `finish` the handler is called no more, and nothing can be written.
                    server.write("not sent")
                    // The client may still send its last line.
                    client.write("LOGOUT\n")
                }
                later.start(after: .milliseconds(20))
                closeAfter(later, .milliseconds(40), on: loop)
            }
        }
    }

    @Test func `sends a long queue first`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                server.setSendBuffer(bytes: 4096)
                _ = Recorder(server)
                let reader = Recorder(client, reading: false)
                reader.onEnd = { reader, error in
                    #expect(error == nil)
                    #expect(reader.bytes.count == 6_000_000)
                    reader.stream.close()
                }
                server.write([UInt8](repeating: 1, count: 3_000_000))
                server.write([UInt8](repeating: 2, count: 3_000_000))
                #expect(server.queuedBytes > 0)
                server.finish(within: .seconds(5))
                client.startReading()
            }
        }
    }

    @Test func `sends a long queue although the other side has ended its half`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                server.setSendBuffer(bytes: 4096)
                _ = Recorder(server)
                let reader = Recorder(client, reading: false)
                reader.onEnd = { reader, error in
                    #expect(error == nil)
                    #expect(reader.bytes.count == 6_000_000)
                    reader.stream.close()
                }
                server.write([UInt8](repeating: 1, count: 6_000_000))
                server.finish(within: .seconds(5))
                halfClose(client)
                let later = Timer(on: loop) { client.startReading() }
                later.start(after: .milliseconds(50))
                closeAfter(later, .milliseconds(80), on: loop)
            }
        }
    }

    @Test func `ends when the time is up although the other side neither reads nor closes`() throws {
        let start = Loop.monotonicNanoseconds
        try play { loop in
            try connectedPair(on: loop) { server, client in
                server.setSendBuffer(bytes: 4096)
                _ = Recorder(server)
                server.write([UInt8](repeating: 1, count: 3_000_000))
                server.finish(within: .milliseconds(100))
                var watch: Timer?
                watch = Timer(on: loop) {
                    if server.isClosed {
                        client.close()
                        watch?.close()
                        watch = nil
                    }
                }
                watch?.start(after: .milliseconds(10), repeating: .milliseconds(10))
            }
        }
        let took = Loop.monotonicNanoseconds - start
        #expect(took >= 100_000_000)
        #expect(took < 6_000_000_000)
    }

    @Test func `closes at once when both sides have ended`() throws {
        let start = Loop.monotonicNanoseconds
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let both = [Recorder(server), Recorder(client)]
                for one in both { one.onEnd = { _, _ in Issue.record("told after it was let go") } }
                server.finish(within: .seconds(8))
                client.finish(within: .seconds(8))
                server.finish(within: .zero)
            }
        }
        #expect(Loop.monotonicNanoseconds - start < 6_000_000_000)
    }

    @Test func `closes at once when the connection has been reset`() throws {
        let start = Loop.monotonicNanoseconds
        try play { loop in
            try connectedPair(on: loop) { server, client in
                _ = Recorder(server)
                server.finish(within: .seconds(8))
                reset(client)
            }
        }
        #expect(Loop.monotonicNanoseconds - start < 6_000_000_000)
    }

    @Test func `can be called in the callback that reports an error`() throws {
        try play { loop in
            try connectedPair(on: loop) { server, client in
                let reader = Recorder(server)
                reader.onEnd = { reader, error in
                    #expect(error != nil)
                    reader.stream.finish(within: .seconds(8))
                    #expect(reader.stream.isClosed)
                }
                reset(client)
            }
        }
    }
}
