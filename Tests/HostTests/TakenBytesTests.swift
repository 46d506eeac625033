import Testing
import Tree

@testable import Host

@Suite struct `A client for which something waits` {
    private let anna = ConnectionID(1)

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: 0) + .seconds(seconds) }

    private func look(_ taken: inout TakenBytes, here: Int, inKernel: Int, _ seconds: Int64) -> Bool {
        taken.look(at: anna, .init(here: here, inKernel: inKernel), at: at(seconds))
    }

    @Test func `is late when it has taken nothing for the whole time`() {
        var taken = TakenBytes(within: .seconds(60))
        #expect(look(&taken, here: 10, inKernel: 500, 0) == false)
        // What comes to wait meanwhile is no sign of life.
        #expect(look(&taken, here: 20, inKernel: 500, 59) == false)
        #expect(look(&taken, here: 30, inKernel: 500, 60) == true)
    }

    @Test func `isn't while it takes a little, from the kernel or from what waits here`() {
        var taken = TakenBytes(within: .seconds(60))
        #expect(look(&taken, here: 10, inKernel: 500, 0) == false)
        #expect(look(&taken, here: 10, inKernel: 499, 59) == false)
        #expect(look(&taken, here: 10, inKernel: 499, 118) == false)
        #expect(look(&taken, here: 9, inKernel: 499, 118) == false)
        #expect(look(&taken, here: 9, inKernel: 499, 177) == false)
        #expect(look(&taken, here: 9, inKernel: 499, 178) == true)
    }

    @Test func `begins anew when nothing waited in between`() {
        var taken = TakenBytes(within: .seconds(60))
        #expect(look(&taken, here: 10, inKernel: 500, 0) == false)
        taken.forget(anna)
        #expect(taken.count == 0)
        #expect(look(&taken, here: 10, inKernel: 500, 60) == false)
    }
}
