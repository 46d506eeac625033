import CoppiceClient
import Testing

extension RealPrograms {
    /// What the conformance suite doesn't see: the face of the Swift library.
    @Suite("The Swift library")
    struct ClientLibraryTests {
        /// As `onBench` above, for stories that wait for a client.
        private func onBench(_ story: (Bench) async throws -> Void) async throws {
            let bench = try Bench()
            do {
                try await story(bench)
            } catch {
                print(bench.logs)
                bench.abandon()
                throw error
            }
            try bench.finish()
        }

        private func connected(
            _ nodes: Node..., options: ClientOptions = ClientOptions()
        ) async throws -> Client {
            let client = try Client(nodes.map { "localhost:\($0.port)" }, options: options)
            try await client.connect()
            return client
        }

        /// Reads events until one fits.
        private func first<Found>(
            _ events: inout ClientEvents.Iterator, _ fits: (ClientEvent) -> Found?
        ) async throws -> Found {
            while let event = try await events.next() {
                if let found = fits(event) { return found }
            }
            throw Failure("the events have ended")
        }

        private func message(_ event: ClientEvent) -> Message? {
            if case .message(let message) = event { message } else { nil }
        }

        @Test func `What is said comes to others, and back as a receipt`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                let (one, other) = (try await connected(node), try await connected(node))
                let receipt = try await one.say(["object": "hello", "n": [1, 2.5, nil]])
                #expect(receipt.cseq == 1)
                #expect(receipt.copies == 1 && receipt.promised == 2)
                var events = other.events.makeAsyncIterator()
                let heard = try await first(&events, message)
                #expect(heard.activity["n"] == [1, 2.5, nil])
                #expect(heard.text == #"{"object":"hello","n":[1,2.5,null]}"#)
                #expect(heard.sender == "anonymous" && !heard.isOwn && heard.id == receipt.id)
                #expect(await one.server == "localhost:\(node.port)")
                await one.close()
                await #expect(throws: ClientFault.self) { try await one.say("too late") }
            }
        }

        @Test func `A client goes on at another node, and misses nothing`() async throws {
            try await onBench { bench in
                let root = try bench.node("root")
                let leaf = try bench.node("leaf", under: root)
                try bench.waitForPath(of: leaf, [root])
                let speaker = try await connected(root)
                let listener = try await connected(leaf, root)
                leaf.killHard()
                try await speaker.say("meanwhile")
                var events = listener.events.makeAsyncIterator()
                let lost = try await first(&events) { if case .lost(let lost) = $0 { lost } else { nil } }
                #expect(lost.server == "localhost:\(leaf.port)")
                let heard = try await first(&events, message)
                #expect(heard.activity["object"]?.string == "meanwhile")
                #expect(await listener.server == "localhost:\(root.port)")
                try await listener.say("I am here")
                #expect(try await first(&events, message).isOwn)
            }
        }

        @Test func `Messages keep the order of their calls, however many wait for room`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                var narrow = ClientOptions()
                narrow.limits.window = 3
                let (speaker, listener) = (try await connected(node, options: narrow), try await connected(node))
                for number in 0..<200 { _ = try await speaker.post(["n": .integer(Int64(number))]) }
                try await speaker.flush()
                #expect(await speaker.countUnsafe == 0)
                var events = listener.events.makeAsyncIterator()
                for number in 0..<200 {
                    #expect(try await first(&events, message).activity["n"]?.integer == Int64(number))
                }
            }
        }

        @Test func `Before a program listens the newest events are kept`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                let client = try await connected(node, options: ClientOptions(queue: 5))
                for number in 0..<20 { try await client.say(["n": .integer(Int64(number))]) }
                var events = client.events.makeAsyncIterator()
                guard case .skipped(let skipped)? = try await events.next() else {
                    throw Failure("nothing was skipped")
                }
                #expect(skipped.count == 16)
                for number in 15..<20 {
                    #expect(try await first(&events, message).activity["n"]?.integer == Int64(number))
                }
            }
        }

        @Test func `Who waits can be cancelled, and the client goes on`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                let client = try await connected(node)
                let waiting = Task { for try await event in client.events where self.message(event) != nil {} }
                try await client.say("before")
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                try await client.say("after")
                var events = client.events.makeAsyncIterator()
                while try await first(&events, message).activity["object"]?.string != "after" {}
                await client.close()
                #expect(try await events.next() == nil)
            }
        }

        @Test func `Connecting can be cancelled`() async throws {
            // Nobody listens there, and the client would try for five seconds.
            let client = try Client(Bench.nobody)
            let connecting = Task { try await client.connect() }
            connecting.cancel()
            await #expect(throws: CancellationError.self) { try await connecting.value }
        }

        @Test func `A name is registered once, and a wrong secret is refused`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                let anna = try await connected(
                    node, options: ClientOptions(user: .named("anna", secret: "of anna", registers: true)))
                #expect(await anna.name == "anna")
                let eve = try Client(
                    "localhost:\(node.port)", options: ClientOptions(user: .named("anna", secret: "a guess")))
                let fault = await #expect(throws: ClientFault.self) { try await eve.connect() }
                #expect(fault?.reason == .loginRefused)
            }
        }

        @Test func `A token is fetched before each login, and where there is none the reason is told`() async throws {
            struct Nothing: Error {}
            try await onBench { bench in
                let node = try bench.node()
                var options = ClientOptions(user: .fetchedToken { throw Nothing() })
                options.limits.firstPatience = .zero
                let client = try Client("localhost:\(node.port)", options: options)
                let fault = await #expect(throws: ClientFault.self) { try await client.connect() }
                #expect(fault?.reason == .unreachable)
                #expect(fault?.info.contains("there is no token: Nothing()") == true)
            }
        }

        @Test(.enabled(if: PyJWT.path != nil, Comment(rawValue: PyJWT.refusal)))
        func `A token says who the client is, also in what it says`() async throws {
            try await onBench { bench in
                let signer = try PyJWT(on: bench)
                defer { signer.end() }
                let node = try bench.node("node", ["--jwt-key", signer.folder + "/secret"])
                let token = try signer.token(["sub": "Anna"], "HS256")
                let anna = try await connected(node, options: ClientOptions(user: .fetchedToken { token }))
                let other = try await connected(node)
                #expect(await anna.name == "Anna")
                try await anna.say("hello")
                var events = other.events.makeAsyncIterator()
                #expect(try await first(&events, message).sender == "Anna")
            }
        }

        @Test func `What no server would take is refused, and what follows is said`() async throws {
            try await onBench { bench in
                let node = try bench.node()
                let client = try await connected(node)
                let fault = await #expect(throws: ClientFault.self) {
                    try await client.say(String(repeating: "x", count: 100_000))
                }
                #expect(fault?.reason == .tooLong)
                #expect(try await client.say("short").cseq == 1)
            }
        }

        @Test func `What is no address is refused at once`() {
            for text in ["", "localhost", "localhost:0", ":1", "localhost:70000"] {
                #expect(throws: NotAnAddress.self) { try Client(text) }
            }
        }
    }
}
