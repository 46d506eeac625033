import Foundation
import Testing

extension RealPrograms {
    /// Messages of WebSockets that are compressed for those who ask for it.
    @Suite struct CompressionTests {}
}

extension RealPrograms.CompressionTests {
    private static let offer = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]
    private static let flags = ["--web-compression", "--trust-loopback"]

    @Test func `Every case of Autobahn's list ends as it has to, where messages may be compressed`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.flags)
            // In the one that is left out, a reserved bit means that a message is compressed.
            for test in WebSocketCase.all + WebSocketCase.compressed where test.number != "3.4" {
                try test.play(bench, node, fields: Self.offer)
            }
        }
    }

    @Test func `Those who ask for it get the same compressed messages, and nobody else does`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.flags)
            let plain = try bench.webSocket(at: node)
            let compressing = try (0..<2).map { _ in try bench.webSocket(at: node, fields: Self.offer) }
            for client in [plain] + compressing { try client.login() }
            let text = String(repeating: "Nobody says this twice. ", count: 100)
            try compressing[0].say(["t": .string(text)])
            try plain.hear(["t": .string(text)])
            let frames = compressing.map { $0.readFrame() }
            #expect(frames[0]?.first == 0xC1 && frames[0]?.payload.count ?? 9999 < 400)
            #expect(frames[0] == frames[1])
            // An answer is nobody else's, and is sent as it is.
            let question = String(repeating: "Nobody says this twice. ", count: 40)
            try compressing[0].send(["command": "PING", "id": .string(question)])
            #expect(compressing[0].readFrame()?.first == 0x81)
        }
    }

    @Test func `It is agreed on if the node has the flag and the client's offer can be taken`() throws {
        try onBench { bench in
            for (name, flags) in [("with", Self.flags), ("without", [])] {
                let node = try bench.node(name, flags)
                for (offer, isRight) in [
                    (Self.offer[0], true),
                    ("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9", false),
                    (
                        "Sec-WebSocket-Extensions: x, permessage-deflate;server_max_window_bits=9, permessage-deflate",
                        true
                    ),
                ] {
                    let client = try bench.connect(to: node)
                    try client.send(bytes: WebSocketClient.request([offer]))
                    let head = try WebSocketClient.readHead(client)
                    let isAgreed = head.contains("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_t")
                    #expect(isAgreed == (isRight && name == "with"), "\(head)")
                }
            }
        }
    }

    @Test func `Python's library takes part, also inside of TLS`() throws {
        try onBench { bench in
            let certificates = try bench.certificates(for: ["localhost"])
            let node = try bench.node("node", Self.flags + certificates.nodeFlags)
            let listener = try bench.client(at: node)
            let script = """
                import asyncio, json, ssl, sys, websockets
                async def main():
                    c = ssl.create_default_context(cafile=sys.argv[2]) if sys.argv[1][2] == "s" else None
                    async with websockets.connect(sys.argv[1], ssl=c, max_size=None) as w:
                        assert [e.name for e in w.extensions] == ["permessage-deflate"]
                        await w.send('{"command":"LOGIN","username":"anonymous"}')
                        assert "LOGIN_SUCCESS" in await w.recv()
                        line = json.dumps({"command": "ACTIVITY_MESSAGE", "username": "anonymous",
                            "activity": {"t": "é" * 8000}})
                        await w.send([line[i:i + 1000] for i in range(0, len(line), 1000)])
                        heard = json.loads(await w.recv())
                        assert heard["activity"]["t"] == "é" * 8000
                        await w.close(1000, "bye")
                        print(w.close_code)
                asyncio.run(main())
                """
            for scheme in ["ws", "wss"] {
                let python = try bench.python(
                    script, ["\(scheme)://localhost:\(node.port)/ws", certificates.authority])
                try listener.hear(["t": .string(String(repeating: "é", count: 8000))])
                #expect(try python.readLine() == "1000")
                try bench.forget(python)
            }
        }
    }

    @Test func `A client that reads late gets everything compressed, and in order`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.flags)
            let script = """
                import asyncio, json, sys, websockets
                async def main():
                    async with websockets.connect(sys.argv[1], max_size=None, max_queue=1) as w:
                        await w.send('{"command":"LOGIN","username":"anonymous"}')
                        assert "LOGIN_SUCCESS" in await w.recv()
                        print("in", flush=True)
                        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
                        n = 0
                        while n < 3000:
                            for line in (await w.recv()).splitlines():
                                assert json.loads(line)["activity"]["n"] == n
                                n += 1
                        print(n, flush=True)
                asyncio.run(main())
                """
            let python = try bench.python(script, ["ws://localhost:\(node.port)/ws"])
            #expect(try python.readLine() == "in")
            let talker = try bench.client(at: node)
            for number in 0..<3000 {
                // Random letters hardly get shorter than half.
                let letters = (0..<3000).map { _ in "abcdefghijklmnop".randomElement()! }
                try talker.say(["n": .integer(number), "t": .string(String(letters))])
                _ = try talker.expect("ACTIVITY_BROADCAST")
            }
            try python.write("go\n")
            #expect(try python.readLine() == "3000")
            try bench.forget(python)
        }
    }

    @Test func `Few bytes that are a long text are refused, and many lines in few bytes are answered in order`() throws
    {
        try onBench { bench in
            let node = try bench.node("node", Self.flags)
            let script = """
                import asyncio, json, sys, websockets
                async def main():
                    async with websockets.connect(sys.argv[1], max_size=None) as w:
                        await w.send('{"command":"LOGIN","username":"anonymous"}')
                        assert "LOGIN_SUCCESS" in await w.recv()
                        ask = lambda n: json.dumps({"command": "PING", "id": str(n)})
                        for m in range(40):
                            await w.send("\\n".join(ask(m * 1000 + n) for n in range(1000)))
                        n = 0
                        while n < 40000:
                            for line in (await w.recv()).splitlines():
                                assert json.loads(line)["id"] == str(n), line
                                n += 1
                        print(n, flush=True)
                        await w.send("x" * (20 << 20))
                        try:
                            while True:
                                await w.recv()
                        except websockets.ConnectionClosed:
                            print(w.close_code, flush=True)
                asyncio.run(main())
                """
            let python = try bench.python(script, ["ws://localhost:\(node.port)/ws"])
            #expect(try python.readLine() == "40000")
            #expect(try python.readLine() == "1009")
            try bench.forget(python)
        }
    }
}
