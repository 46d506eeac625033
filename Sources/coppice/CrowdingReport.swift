import ArgumentParser
import Simulator
import UV

/// How four nodes spread a crowd, as a table.
enum CrowdingReport {
    static func run(_ clients: Int) throws {
        StandardOutput.write("\(clients) clients, four nodes\n\n")
        var isKept = true
        for story in Crowding.Story.allCases where StandardOutput.failure == nil {
            let crowding = Crowding(story, clients: clients)
            StandardOutput.write(text(crowding))
            for violation in crowding.violations.prefix(1) { StandardOutput.write("\(violation)\n") }
            if !crowding.keepsItsPromises { isKept = false }
        }
        guard isKept else { throw ExitCode(1) }
    }

    private static func text(_ crowding: Crowding) -> String {
        let loads = crowding.loads.map(String.init).joined(separator: ", ")
        let capacities = crowding.capacities.map(String.init).joined(separator: ", ")
        return """
            \(crowding.story.rawValue)
              clients at the end   \(loads)\(capacities.isEmpty ? "" : "; room for \(capacities)")
              not let in           \(crowding.outside)
              within the gap       \(crowding.settledSeconds.map { "\($0) s after the last arrival" } ?? "never")
              redirects            \(crowding.redirects), at most \(crowding.mostForOneLogin) for one login
              turned away          \(crowding.refusals) times
              moved twice in 60 s  \(crowding.movedTwice); of the base protocol \(crowding.othersMovedTwice)

            """ + "\n"
    }
}
