import Glibc
import Testing

@testable import UV

@Suite("Ending without waiting", .serialized)
struct EndingTests {
    @Test("a loop with nothing under way is closed")
    func idle() throws {
        let loop = try Loop()
        loop.limitEnd(to: .seconds(60))
        loop.run()
        #expect(loop.closeOrAbandon())
    }

    @Test("the end waits for work that is done in time")
    func inTime() throws {
        let loop = try Loop()
        var isDone = false
        Work.run(on: loop) {
            usleep(20_000)
        } done: {
            isDone = true
        }
        loop.limitEnd(to: .seconds(60))
        loop.run()
        #expect(isDone)
        #expect(loop.closeOrAbandon())
    }

    @Test("the end leaves hanging work behind when the time is up")
    func hanging() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let reading = ends[0]
        let loop = try Loop()
        Work.run(on: loop) {
            var byte: UInt8 = 0
            _ = read(reading, &byte, 1)
        } done: {
        }
        let began = Loop.monotonicNanoseconds
        loop.limitEnd(to: .seconds(60))
        loop.limitEnd(to: .milliseconds(50))
        loop.run()
        #expect(!loop.closeOrAbandon())
        #expect(Loop.monotonicNanoseconds - began < 30_000_000_000)
        // Lets the thread end, so that this process can end.
        close(ends[1])
    }
}
