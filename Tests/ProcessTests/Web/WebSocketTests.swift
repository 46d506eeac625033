import Foundation
import Testing

extension RealPrograms {
    /// Clients that speak through a WebSocket, at the same port as all others.
    @Suite struct WebSocketTests {}
}

extension RealPrograms.WebSocketTests {
    @Test func `A client on a WebSocket and one on TCP hear each other, several lines in a message`() throws {
        try onBench { bench in
            let node = try bench.node()
            let plain = try bench.client(at: node)
            let web = try bench.webSocket(at: node, fields: ["Sec-WebSocket-Protocol: other, coppice"])
            try web.login()
            let lines: [JSONValue] = (0..<3).map {
                ["command": "ACTIVITY_MESSAGE", "username": "anonymous", "activity": ["n": .integer($0)]]
            }
            try web.send(lines[0], lines[1], lines[2])
            for number in 0..<3 {
                try plain.hear(["n": .integer(number)])
                try web.hear(["n": .integer(number)])
            }
            try plain.say(["n": 3])
            try plain.hear(["n": 3])
            try web.hear(["n": 3])
        }
    }

    @Test func `Every case of Autobahn's list ends as it has to`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--trust-loopback"])
            for test in WebSocketCase.all { try test.play(bench, node) }
        }
    }

    @Test func `Python's library takes part, in pieces and with pings`() throws {
        try onBench { bench in
            let node = try bench.node()
            let listener = try bench.client(at: node)
            let script = """
                import asyncio, json, sys, websockets
                async def main():
                    async with websockets.connect(sys.argv[1], subprotocols=["coppice"]) as w:
                        assert w.subprotocol == "coppice"
                        await w.send('{"command":"LOGIN","username":"anonymous"}')
                        assert "LOGIN_SUCCESS" in await w.recv()
                        await (await w.ping(b"x" * 125))
                        line = json.dumps({"command": "ACTIVITY_MESSAGE", "username": "anonymous",
                            "activity": {"t": "é" * 9000}})
                        await w.send([line[i:i + 1000] for i in range(0, len(line), 1000)])
                        heard = json.loads(await w.recv())
                        assert heard["activity"]["t"] == "é" * 9000
                        await w.close(1000, "bye")
                        print(w.close_code)
                asyncio.run(main())
                """
            let python = try bench.python(script, ["ws://127.0.0.1:\(node.port)/ws"])
            try listener.hear(["t": .string(String(repeating: "é", count: 9000))])
            #expect(try python.readLine() == "1000")
            try bench.forget(python)
        }
    }

    @Test func `It works inside of TLS, and a message fits into a record`() throws {
        try onBench { bench in
            let certificates = try bench.certificates(for: ["localhost"])
            let node = try bench.node("node", certificates.nodeFlags)
            let script = """
                import asyncio, json, ssl, sys, websockets
                async def main():
                    c = ssl.create_default_context(cafile=sys.argv[2])
                    async with websockets.connect(sys.argv[1], ssl=c, compression=None, max_size=None) as w:
                        await w.send('{"command":"LOGIN","username":"anonymous"}')
                        assert "LOGIN_SUCCESS" in await w.recv()
                        print("in", flush=True)
                        await asyncio.sleep(0.5)
                        n = 0
                        while n < 2000:
                            for line in (await w.recv()).splitlines():
                                assert json.loads(line)["activity"]["n"] == n
                                n += 1
                        print(n, flush=True)
                asyncio.run(main())
                """
            let python = try bench.python(script, ["wss://localhost:\(node.port)/ws", certificates.authority])
            #expect(try python.readLine() == "in")
            let talker = try bench.client(at: node)
            let filling = String(repeating: "x", count: 1000)
            for number in 0..<2000 {
                try talker.say(["n": .integer(number), "t": .string(filling)])
                try talker.hear(["n": .integer(number), "t": .string(filling)])
            }
            #expect(try python.readLine() == "2000")
            try bench.forget(python)
        }
    }

    @Test func `A client that reads late gets everything, in whole messages and in order`() throws {
        try onBench { bench in
            let node = try bench.node()
            let web = try bench.webSocket(at: node)
            try web.login()
            let talker = try bench.client(at: node)
            let filling = String(repeating: "x", count: 3000)
            // More than the kernel keeps for one client.
            let count = 3000
            for number in 0..<count {
                try talker.say(["n": .integer(number), "t": .string(filling)])
                try talker.hear(["n": .integer(number), "t": .string(filling)])
            }
            // What is answered stands between messages, not in them.
            web.client.sendAnyway(bytes: WebSocketClient.frame(9, [1]))
            try web.send(["command": "PING", "id": "p"])
            var next = 0
            var others: [String] = []
            while next < count || others.count < 2 {
                guard let frame = web.readFrame() else { throw web.client.failure("it ended", #fileID, #line) }
                if frame.opcode == 10 {
                    others.append("pong")
                    continue
                }
                #expect(frame.first == 0x81 && frame.payload.last == 10 && frame.payload.count <= 32 * 1024)
                for line in frame.payload.split(separator: 10) {
                    let message = try JSONParser.parse(Array(line))
                    if message["command"] == "PONG" {
                        others.append("PONG")
                    } else {
                        #expect(message["activity"]?["n"]?.integer == next)
                        next += 1
                    }
                }
            }
            #expect(others.sorted() == ["PONG", "pong"])
        }
    }

    @Test func `Operators are told that a client on a WebSocket is behind`() throws {
        try onBench { bench in
            let node = try bench.node()
            let web = try bench.webSocket(at: node)
            try web.login()
            let talker = try bench.client(at: node)
            let filling = String(repeating: "x", count: 30_000)
            try eventually("it is behind") {
                for number in 0..<20 {
                    try talker.say(["n": .integer(number), "t": .string(filling)])
                    try talker.hear(["n": .integer(number), "t": .string(filling)])
                }
                return try bench.tree(at: node).value["work"]?["behind"]?.integer == 1
            }
        }
    }

    @Test func `A client that never reads is closed, and the others go on`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-lag-bytes", "1000000"])
            let web = try bench.webSocket(at: node)
            try web.login()
            let talker = try bench.client(at: node)
            let filling = String(repeating: "x", count: 30_000)
            try eventually("it is closed as too slow") {
                for number in 0..<20 {
                    try talker.say(["n": .integer(number), "t": .string(filling)])
                    try talker.hear(["n": .integer(number), "t": .string(filling)])
                }
                return try bench.tree(at: node).value["counts"]?["slow_clients"]?.integer == 1
            }
        }
    }

    @Test func `What a node tells at an end has a code and a reason`() throws {
        try onBench { bench in
            let node = try bench.node()
            let stranger = try bench.webSocket(at: node)
            try stranger.say(["n": 1])
            try stranger.expect("AUTHENTICATION_FAIL")
            #expect(try stranger.readClose() == 1008)

            let attaching = try bench.webSocket(at: node)
            try attaching.send(["command": "AUTHENTICATE", "secret": .string(node.secret)])
            try attaching.expect("INVALID_MESSAGE")
            #expect(try attaching.readClose() == 1008)

            let leaving = try bench.webSocket(at: node)
            try leaving.login()
            try leaving.send(["command": "LOGOUT"])
            #expect(leaving.readFrame()?.code == 1000)

            let staying = try bench.webSocket(at: node)
            try staying.login()
            node.program.signal(SIGTERM)
            #expect(try staying.readClose() == 1013)
            try bench.forget(node.program)
        }
    }
}
