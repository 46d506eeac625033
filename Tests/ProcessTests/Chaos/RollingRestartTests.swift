import Testing

extension RealProcesses {
    /// New software, node by node, and nobody notices.
    @Suite struct RollingRestartTests {}
}

extension RealProcesses.RollingRestartTests {
    /// The report's tree: b and c under a, d under b, e and f under d. Clients go where they are sent, and on from
    /// there.
    @Test func `Each of six nodes is asked to end and started again; all end with 0, and nothing is lost or repeated`()
        throws
    {
        try onBench { bench in
            try keepingLogs(of: bench) {
                let run = try ChaosRun(bench, seed: 6, [nil, 0, 0, 1, 3, 3])
                for place in run.sites.places {
                    let former = run.view.parent(of: place) ?? (place == 0 ? 1 : 0)
                    run.crowd.run(for: .milliseconds(500))
                    let took = try run.endInOrder(place)
                    run.crowd.run(for: .milliseconds(300))
                    try run.begin(place, under: former)
                    try run.whole()
                    print("    \(run.sites.name(place)) ended after \(run.shown(took)) and is back")
                }
                try run.finish()
            }
        }
    }
}
