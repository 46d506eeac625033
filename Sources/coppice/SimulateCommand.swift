import ArgumentParser
import Simulator
import Tree
import UV

/// `coppice simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run networks of the very same nodes under virtual time and every kind of fault.",
        discussion: """
            One seed is one history, to the byte. Each is checked after every event and at rest; a history that breaks \
            a promise is shown with the command that replays it, and made as short as it goes. Ends with status 0 if \
            all promises were kept.
            """)

    // MARK: What is run

    @Option(help: ArgumentHelp("The one history to run.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Histories to run, as FIRST..LAST.", valueName: "range"))
    var seeds: SeedRange?

    @Option(help: ArgumentHelp("A history that is written down, as failing ones are printed.", valueName: "file"))
    var schedule: String?

    @Option(
        help: ArgumentHelp(
            "Sizes of trees, comma separated: each joins, loses its root and a tenth of its nodes at once, and heals; "
                + "what that takes is shown against the size.", valueName: "counts"))
    var scale: ScaleList?

    @Option(
        help: ArgumentHelp(
            "Clients that come to a tree of four: how the nodes spread them, and how often each is moved.",
            valueName: "count"))
    var crowd: Int?

    // MARK: What is drawn

    @Option(help: ArgumentHelp("Nodes in each network. (default: drawn, 3 to 50)", valueName: "count"))
    var nodes: Int?

    @Option(help: ArgumentHelp("Minutes of faults in each history. (default: drawn, 20 to 60 s)", valueName: "minutes"))
    var minutes: Double?

    @Option(
        help: ArgumentHelp(
            "Kinds of faults, comma separated, or none: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")). "
                + "(default: drawn)", valueName: "list"))
    var faults: FaultList?

    @Option(help: ArgumentHelp("How many nodes may fail at once without a loss. (default: drawn)", valueName: "count"))
    var replicas: Int?

    // MARK: How it is shown

    @Flag(help: "Print every event of the history.")
    var trace = false

    @Flag(help: "Also fail if one of the rare situations that the tests are for occurred in none of the histories.")
    var demanding = false

    @Flag(
        help: ArgumentHelp(
            "Test the simulator itself: break one rule of the nodes after the other, and count the histories of "
                + "--seeds until the checks notice it."))
    var mutants = false

    @Option(help: ArgumentHelp("Histories run at the same time.", valueName: "count"))
    var jobs = 2

    @Option(help: ArgumentHelp("File to which a line that sums this run up is appended.", valueName: "file"))
    var ledger: String?

    @Option(help: ArgumentHelp("What the line calls the version that was run.", valueName: "name"))
    var commit = "unknown"

    func validate() throws {
        let modes = [seed != nil, seeds != nil, schedule != nil, scale != nil, crowd != nil]
        guard modes.count(where: { $0 }) == 1 else {
            throw ValidationError(
                "one of --seed, --seeds, --schedule, --scale and --crowd is needed, --mutants with --seeds")
        }
        if let crowd, !(40...100_000).contains(crowd) {
            throw ValidationError("--crowd has to be from 40 to 100000")
        }
        if let nodes, nodes < 1 { throw ValidationError("--nodes has to be at least 1") }
        // Clients that come late come up to two seconds before the end.
        if let minutes, !(0.1...100_000).contains(minutes) {
            throw ValidationError("--minutes has to be from 0.1 (6 s) to 100000")
        }
        if jobs < 1 { throw ValidationError("--jobs has to be at least 1") }
    }

    private var options: Simulation.Options {
        var options = Simulation.Options()
        options.drawing.nodes = nodes
        options.drawing.replicas = replicas
        options.drawing.faultSeconds = minutes.map { max(1, Int($0 * 60)) }
        options.drawing.faults = faults?.kinds
        if trace { options.trace = { line in _ = StandardOutput.write(line + "\n") } }
        return options
    }

    // MARK: Running

    func run() throws {
        if let crowd { return try CrowdingReport.run(crowd) }
        if let scale { return try ScaleReport.run(scale.nodes) }
        if let schedule { return try replay(schedule) }
        let range = seeds?.seeds ?? seed!...seed!
        if mutants { return try killMutants(range) }
        let campaign = try Campaign(range, options: options, jobs: trace ? 1 : jobs)
        let summary = campaign.run { seed, outcome in
            if let violation = outcome.violations.first { show(violation, seed, outcome) }
        }
        StandardOutput.write(SimulationReport.text(of: summary, hash: campaign.hash))
        if let ledger { try append(summary, range, to: ledger) }
        if !summary.failed.isEmpty { throw ExitCode(1) }
        if demanding, !summary.missingSituations.isEmpty {
            let missing = summary.missingSituations.map(\.rawValue).joined(separator: ", ")
            throw Complaint("these histories were too tame, it never happened that: \(missing)")
        }
    }

    private func replay(_ path: String) throws {
        let outcome: Simulation.Outcome
        do {
            let schedule = try Schedule(text: String(decoding: try Files.read(path), as: UTF8.self))
            outcome = Simulation.run(schedule, options: options)
        } catch let error as Schedule.TextError {
            throw Complaint("\(path): \(error)")
        } catch let error as FileError {
            throw Complaint("\(error): check --schedule")
        }
        for violation in outcome.violations.prefix(1) { StandardOutput.write("\(violation)\n") }
        let gaps = outcome.count(.nodeMetAGap) + outcome.count(.resumeMetAGap)
        StandardOutput.write(
            "history \(SimulationReport.hex(outcome.hash)), \(outcome.events) events, "
                + "\(Int(outcome.virtualSeconds)) s, \(gaps) gaps told, no log above \(outcome.peakLogBytes) bytes\n")
        if !outcome.violations.isEmpty { throw ExitCode(1) }
    }

    /// Prints a failing history: the broken promise, the command that replays it, and the shortest schedule that still
    /// breaks the promise.
    private func show(_ violation: Violation, _ seed: UInt64, _ outcome: Simulation.Outcome) {
        var command = "coppice simulate --seed \(seed)"
        if let nodes { command += " --nodes \(nodes)" }
        if let minutes { command += " --minutes \(minutes)" }
        if let faults { command += " --faults \(faults.text)" }
        if let replicas { command += " --replicas \(replicas)" }
        let short = Simulation.shrink(outcome.schedule, rule: violation.rule)
        StandardOutput.write("seed \(seed): \(violation)\n\(command) --trace\n\(short.text)\n")
    }

    private func killMutants(_ range: ClosedRange<UInt64>) throws {
        var survivors: [String] = []
        for mutation in Mutation.allCases {
            var options = options
            options.mutation = mutation
            var needed: UInt64?
            _ = Simulation.runMany(seeds: range, options: options) { seed, outcome in
                if !outcome.violations.isEmpty { needed = seed - range.lowerBound + 1 }
                return needed == nil
            }
            if needed == nil { survivors.append(mutation.rawValue) }
            StandardOutput.write(
                "\(mutation.rawValue): \(needed.map { "noticed by history \($0)" } ?? "not noticed")\n")
        }
        if !survivors.isEmpty { throw ExitCode(1) }
    }

    private func append(_ summary: Simulation.Summary, _ range: ClosedRange<UInt64>, to path: String) throws {
        do {
            let before = Files.exists(path) ? try Files.read(path) : Array(SimulationReport.ledgerHead.utf8)
            let line = SimulationReport.ledgerLine(summary, range, commit: commit)
            try Files.replace(path, with: before + Array(line.utf8), permissions: 0o644)
        } catch {
            throw Complaint("\(error): check --ledger")
        }
    }
}

/// `FIRST..LAST`
struct SeedRange: ExpressibleByArgument {
    let seeds: ClosedRange<UInt64>

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard argument.contains(".."), parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]),
            first <= last
        else { return nil }
        seeds = first...last
    }
}

/// Kinds of faults by name.
struct FaultList: ExpressibleByArgument {
    let kinds: [FaultKind]
    let text: String

    init?(argument: String) {
        text = argument
        let names = argument == "none" ? [] : argument.split(separator: ",").map(String.init)
        let kinds = names.map { FaultKind(rawValue: $0) }
        guard !kinds.contains(nil) else { return nil }
        self.kinds = kinds.compactMap { $0 }
    }
}
