import Foundation
import Testing
import UV

@testable import Host

@Suite("The times of turns")
struct TurnTimesTests {
    @Test("the time before the first turn has ended is the start, and none of them")
    func start() throws {
        let loop = try Loop()
        var times = TurnTimes(loop)
        usleep(30_000)
        #expect(times.ended(loop) == nil)
        #expect(times.recentMicroseconds == 0)
        usleep(2_000)
        _ = times.ended(loop)
        #expect(times.recentMicroseconds >= 2_000)
        #expect(times.lastNanoseconds >= 2_000_000)
    }
}
