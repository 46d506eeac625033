import Foundation
import Testing

/// What `make chaos` runs. Apart from the other process tests, since it lasts as long as it is told to.
@Suite("Chaos", .serialized)
struct ChaosTests {
    static let seconds = ProcessInfo.processInfo.environment["COPPICE_CHAOS_SECONDS"].flatMap { Int($0) }
    static let seed = ProcessInfo.processInfo.environment["COPPICE_CHAOS_SEED"].flatMap { UInt64($0) } ?? 1
    static let wantsCuts = ProcessInfo.processInfo.environment["COPPICE_CHAOS_CUTS"] != "no"

    @Test(.enabled(if: seconds != nil, "runs for as long as COPPICE_CHAOS_SECONDS says: make chaos"))
    func `Nothing is lost, doubled or out of order, whatever happens to one node at a time`() throws {
        var lab: Lab?
        if Self.wantsCuts {
            if Lab.isAllowed { lab = try Lab(count: 7) } else { print("    \(Lab.refusal)") }
        }
        defer { lab?.remove() }
        let ground = lab == nil ? "on loopback, no cuts" : "each node in a namespace"
        print("    seed \(Self.seed), \(Self.seconds!) s, \(ground)")
        try onBench { bench in
            try keepingLogs(of: bench) {
                let run = try ChaosRun(bench, seed: Self.seed, lab: lab)
                do {
                    try run.run(for: .seconds(Self.seconds!))
                } catch {
                    run.report.printSummary(run.crowd)
                    throw error
                }
                try run.finish()
            }
        }
    }
}

extension RealProcesses {
    /// A little of `make chaos`, each time.
    @Suite struct LittleChaosTests {}
}

extension RealProcesses.LittleChaosTests {
    @Test func `Nodes are killed, stopped and leave, at random; nothing is lost, doubled or out of order`() throws {
        try onBench { bench in
            try keepingLogs(of: bench) {
                let run = try ChaosRun(bench, seed: UInt64.random(in: 1...999_999))
                try run.run(for: .seconds(12), atMost: 12)
                try run.finish()
            }
        }
    }
}

/// Where a story fails, or COPPICE_CHAOS_LOGS is set, what the nodes wrote is kept.
func keepingLogs(of bench: Bench, _ story: () throws -> Void) throws {
    func keep() {
        let kept = "\(NSTemporaryDirectory())/coppice-chaos-\(getpid())"
        try? FileManager.default.removeItem(atPath: kept)
        try? FileManager.default.copyItem(atPath: bench.folder, toPath: kept)
        print("    the nodes' logs are in \(kept)")
    }
    do {
        try story()
    } catch {
        keep()
        throw error
    }
    if ProcessInfo.processInfo.environment["COPPICE_CHAOS_LOGS"] != nil { keep() }
}
