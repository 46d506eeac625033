import Glibc
import Testing

@testable import UV

@Suite struct `The loop` {
    @Test func `fires timers in their order, and never early`() throws {
        var fired: [Int] = []
        try play { loop in
            let start = Loop.monotonicNanoseconds
            for delay in [30, 10, 20, 0] {
                var timer: Timer?
                timer = Timer(on: loop) {
                    fired.append(delay)
                    #expect(Loop.monotonicNanoseconds - start >= UInt64(delay) * 1_000_000)
                    #expect(timer?.isRunning == false)
                    timer?.close()
                    timer = nil
                }
                timer?.start(after: .milliseconds(delay))
            }
        }
        #expect(fired == [0, 10, 20, 30])
    }

    @Test func `counts a timer from now and not from the beginning of a long turn`() throws {
        try play { loop in
            var second: Timer?
            let first = Timer(on: loop) {
                usleep(50_000)
                let start = Loop.monotonicNanoseconds
                second = Timer(on: loop) {
                    #expect(Loop.monotonicNanoseconds - start >= 20_000_000)
                    second?.close()
                }
                second?.start(after: .milliseconds(20))
            }
            first.start(after: .zero)
            closeAfter(first, .milliseconds(10), on: loop)
        }
    }

    @Test func `repeats a timer until it is stopped, which it may do itself`() throws {
        var count = 0
        try play { loop in
            var timer: Timer?
            timer = Timer(on: loop) {
                count += 1
                if count == 3 {
                    timer?.stop()
                    #expect(timer?.isRunning == false)
                    timer?.close()
                    timer?.start(after: .zero)
                    timer = nil
                }
            }
            timer?.start(after: .milliseconds(1), repeating: .milliseconds(1))
        }
        #expect(count == 3)
    }

    @Test func `has hooks before and after it polls, which don't keep it running`() throws {
        var order: [String] = []
        try play { loop in
            let busyLoop = BusyLoop(on: loop)
            busyLoop.start()
            let before = TurnHook(on: loop, kind: .beforePolling) { order.append("before") }
            var after: TurnHook?
            after = TurnHook(on: loop, kind: .afterPolling) {
                order.append("after")
                if order.count >= 4 {
                    before.close()
                    busyLoop.close()
                    after?.close()
                    after = nil
                }
            }
        }
        #expect(order.prefix(4) == ["before", "after", "before", "after"])

        let loop = try Loop()
        let hook = TurnHook(on: loop, kind: .beforePolling) {}
        loop.run()
        hook.close()
        loop.close()
    }

    @Test func `turns without waiting while a busy loop runs`() throws {
        try play { loop in
            let busyLoop = BusyLoop(on: loop)
            var turns = 0
            var hook: TurnHook?
            hook = TurnHook(on: loop, kind: .afterPolling) {
                turns += 1
                #expect(busyLoop.isRunning)
                if turns == 1000 {
                    busyLoop.stop()
                    #expect(!busyLoop.isRunning)
                    busyLoop.close()
                    hook?.close()
                    hook = nil
                }
            }
            busyLoop.start()
        }
    }

    @Test func `reports signals`() throws {
        var count = 0
        try play { loop in
            var watcher: SignalWatcher?
            // The watcher alone doesn't keep the loop running.
            let timer = Timer(on: loop) { kill(getpid(), SIGUSR1) }
            watcher = SignalWatcher(on: loop, signal: SignalWatcher.user1) {
                count += 1
                if count == 1 {
                    timer.start(after: .zero)
                } else {
                    watcher?.close()
                    watcher = nil
                    timer.close()
                }
            }
            timer.start(after: .milliseconds(1))
        }
        #expect(count == 2)
        #expect(SignalWatcher.interrupt == SIGINT && SignalWatcher.terminate == SIGTERM)
        #expect(SignalWatcher.hangUp == SIGHUP && SignalWatcher.windowChanged == SIGWINCH)
    }

    @Test func `stops when it is told to, and runs again`() throws {
        let loop = try Loop()
        var fired = 0
        let timer = Timer(on: loop) {
            fired += 1
            loop.stop()
        }
        timer.start(after: .zero, repeating: .milliseconds(1))
        loop.run()
        #expect(fired == 1)
        loop.run()
        #expect(fired == 2)
        timer.close()
        loop.close()
        loop.close()
    }

    @Test func `names what was left open, and frees what was closed`() throws {
        weak var timer: Timer?
        weak var weakLoop: Loop?
        do {
            let loop = try Loop()
            weakLoop = loop
            do {
                let made = Timer(on: loop) { _ = loop }
                timer = made
            }
            #expect(loop.openHandles == ["timer"])
            #expect(timer != nil, "libuv holds what is open")
            timer?.close()
            #expect(loop.openHandles.isEmpty)
            loop.close()
            #expect(timer == nil, "nobody holds what is closed")
        }
        #expect(weakLoop == nil)
    }

    @Test func `frees streams, their handlers and what they queued`() throws {
        weak var weakServer: UV.Stream?
        weak var weakHandler: Recorder?
        try play { loop in
            try connectedPair(on: loop) { server, client in
                weakServer = server
                let handler = Recorder(server)
                weakHandler = handler
                server.write([UInt8](repeating: 1, count: 5_000_000))
                let peer = Recorder(client, reading: false)
                peer.onEnd = { peer, _ in
                    peer.stream.close()
                    peer.letGo()
                }
                handler.letGo()
                server.close()
                client.startReading()
            }
        }
        #expect(weakServer == nil)
        #expect(weakHandler == nil)
    }

    @Test func `reads the clocks`() {
        let one = Loop.monotonicNanoseconds
        let other = Loop.monotonicNanoseconds
        #expect(other >= one)
        #expect(Loop.wallMilliseconds / 1000 >= UInt64(time(nil)) - 1)
        #expect(Duration.nanoseconds(1).waitNanoseconds == 1)
        #expect(Duration.seconds(-1).waitNanoseconds == 0)
        #expect(Duration.milliseconds(1500).waitNanoseconds == 1_500_000_000)
        #expect(Duration.seconds(Int64.max).waitNanoseconds == UInt64.max / 2)
    }

    @Test func `raises the limit of descriptors`() {
        let limit = Descriptors.raiseLimit()
        #expect(limit.soft == limit.hard)
        #expect(limit.soft >= 1024)
    }
}
