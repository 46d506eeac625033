import Glibc
import Testing

@testable import UV

@Suite("Output without waiting", .serialized)
struct OutputQueueTests {
    /// A queue that writes into a pipe, which the test reads when it wants to.
    private struct Scene {
        let queue: OutputQueue
        let reading: Int32
        let writing: Int32

        init(limitBytes: Int = 1 << 20) throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
            queue = OutputQueue(descriptor: writing, limitBytes: limitBytes, urgentBytes: 1024) {
                Array("\($0) missing\n".utf8)
            }
        }

        func append(_ lines: Range<Int>) {
            for number in lines { queue.append(Array("line \(number)\n".utf8)) }
        }

        /// Reads until everything is written.
        func readAll() -> [Substring] {
            var text: [UInt8] = []
            repeat {
                while hasMore {
                    var piece = [UInt8](repeating: 0, count: 1 << 16)
                    let count = read(reading, &piece, piece.count)
                    text += piece.prefix(max(0, count))
                }
            } while !queue.finish(within: .milliseconds(1)) || hasMore
            return String(decoding: text, as: UTF8.self).split(separator: "\n")
        }

        private var hasMore: Bool {
            var end = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            return poll(&end, 1, 0) > 0
        }

        func end() {
            close(reading)
            // The thread may be in the middle of a write, which fails now.
            queue.finish(within: .seconds(10))
            queue.close()
            close(writing)
        }
    }

    @Test("all lines come out, in order")
    func order() throws {
        let scene = try Scene()
        defer { scene.end() }
        scene.append(0..<10_000)
        #expect(scene.readAll() == (0..<10_000).map { "line \($0)" })
    }

    @Test("a stalled reader delays no writer, and later gets every line that fitted")
    func stalled() throws {
        let scene = try Scene(limitBytes: 100_000)
        defer { scene.end() }
        let began = Loop.monotonicNanoseconds
        scene.append(0..<100_000)
        #expect(!scene.queue.finish(within: .milliseconds(50)), "a pipe holds 64 KiB")
        #expect(Loop.monotonicNanoseconds - began < 5_000_000_000)
        let lines = scene.readAll()
        let kept = lines.count - 1
        #expect(lines.prefix(kept) == (0..<kept).map { "line \($0)" }[...])
        #expect(lines.last == "\(100_000 - kept) missing", "what was left out is told, in one line")
        #expect(kept >= 10_000)
        scene.append(0..<3)
        #expect(scene.readAll() == ["line 0", "line 1", "line 2"])
    }

    @Test("a reader that has gone does no harm, and is reported")
    func gone() throws {
        SignalWatcher.failWrites()
        let scene = try Scene()
        close(scene.reading)
        scene.append(0..<10)
        #expect(scene.queue.finish(within: .seconds(10)))
        #expect(scene.queue.failure == .brokenPipe)
        scene.queue.close()
    }

    @Test("an alarm is called at its time, and once more at the end")
    func alarm() throws {
        let scene = try Scene()
        defer { scene.end() }
        let queue = scene.queue
        queue.setAlarm(at: Loop.monotonicNanoseconds + 20_000_000) { isLast in
            queue.append(Array(isLast ? "last\n".utf8 : "rung\n".utf8))
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(read(scene.reading, &bytes, 64) == 5)
        #expect(queue.finish(within: .seconds(10)))
        #expect(read(scene.reading, &bytes, 64) == 5)
        #expect(bytes.starts(with: Array("last\n".utf8)))
    }

    @Test("the thread gets no signals, and the descriptor keeps its flags")
    func shared() throws {
        let scene = try Scene()
        defer { scene.end() }
        scene.append(0..<1)
        #expect(scene.queue.finish(within: .seconds(10)))
        #expect(fcntl(scene.writing, F_GETFL) & O_NONBLOCK == 0)
    }
}
