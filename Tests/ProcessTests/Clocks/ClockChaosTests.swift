import Foundation
import Testing

/// What `make chaos-clock` runs. Apart from the other process tests, since it lasts as long as it is told to.
@Suite("Chaos around the clocks", .serialized)
struct ClockChaosTests {
    private static let seconds = ProcessInfo.processInfo.environment["COPPICE_CHAOS_CLOCK_SECONDS"].flatMap { Int($0) }
    private static let isWanted = seconds != nil

    @Test(.enabled(if: isWanted, "make chaos-clock"))
    func `A clock alone is killed a hundred times under load, and never repeats a stamp`() throws {
        try onBench { bench in try killUnderLoad(bench, times: 100) }
    }

    @Test(.enabled(if: isWanted, "make chaos-clock"), .enabled(if: EtcdCluster.path != nil, "\(EtcdCluster.refusal)"))
    func `Leaders are killed, ended and stopped for a minute, etcd loses its leader, and stamps go on within 3 s`()
        throws
    {
        try onBench { bench in
            let clocks = try SharedClocks(bench)
            defer { clocks.end() }
            let end = Deadline(within: .seconds(Self.seconds!))
            try clocks.stopLeader(for: .seconds(60))
            repeat {
                switch Int.random(in: 0..<4) {
                case 0: try clocks.killLeader()
                case 1: try clocks.endLeader()
                case 2: try clocks.stopLeader(for: .milliseconds(Int.random(in: 0...5000)))
                default: try clocks.killEtcdLeader()
                }
                try clocks.hunter.hunt(for: .milliseconds(Int.random(in: 0...2000)))
            } while !end.hasPassed
            print("    \(clocks.hunter.answers) answers, every stamp above the one before")
            for clock in clocks.clocks {
                clock.signal(SIGTERM)
                #expect(try clock.waitForEnd(within: .seconds(5)) == .exited(0))
            }
        }
    }
}
