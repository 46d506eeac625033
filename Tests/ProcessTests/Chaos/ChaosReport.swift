/// What a chaos run counts.
final class ChaosReport {
    var kills = 0
    var stops = 0
    var leaves = 0
    var cuts = 0
    /// Messages said again elsewhere while their first copy lay unread in a node that stood still.
    var traps = 0
    /// From a kill to the moment at which all branches had heard each other.
    var healings: [Duration] = []
    /// The same where a node fell silent, or a parent could not be reached any more, and nothing closed.
    var silentHealings: [Duration] = []
    /// The same within the larger part of a network that was cut in two, several nodes on either side.
    var partHealings: [Duration] = []
    /// From the end of a cut.
    var mendings: [Duration] = []

    func printSummary(_ crowd: Crowd) {
        let ledger = crowd.ledger
        let rows = [
            "kills \(kills), stops \(stops), orderly leaves \(leaves), cuts \(cuts)",
            "clients \(crowd.clients.count), messages \(ledger.messageCount), deliveries \(ledger.deliveries), "
                + "sent again \(ledger.resends) (\(traps) of them as a trap), under two ids \(ledger.twofold), "
                + "second copies dropped \(ledger.droppedCopies), "
                + "from before a client's time \(ledger.lateOnes), gaps told \(ledger.gaps)",
            Ledger.Kind.allCases.map { "\($0.rawValue) \(ledger.count(of: $0))" }.joined(separator: ", "),
            "from a kill until all branches hear each other: \(Self.spread(healings))",
            "the same after a silence: \(Self.spread(silentHealings))",
            "the same when several were cut off at once: \(Self.spread(partHealings))",
            "from the end of a cut until both sides hear each other: \(Self.spread(mendings))",
        ]
        print(rows.map { "    " + $0 }.joined(separator: "\n"))
        let told = crowd.clients.flatMap { client in client.complaints.map { "\(client.name): \($0)" } }
        if !told.isEmpty {
            let some = told.prefix(5).map { "\n        \($0)" }.joined()
            print("    refusals that clients got: \(told.count), such as\(some)")
        }
    }

    private static func spread(_ times: [Duration]) -> String {
        guard !times.isEmpty else { return "never measured" }
        let sorted = times.map(\.milliseconds).sorted()
        let median = Int(sorted[sorted.count / 2].rounded())
        let nine = Int(sorted[sorted.count * 9 / 10].rounded())
        let worst = Int(sorted.last!.rounded())
        return "median \(median) ms, nine of ten \(nine) ms, worst \(worst) ms (\(times.count) times)"
    }
}
