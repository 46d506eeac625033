import ArgumentParser
import Load
import TLS
import Tree
import UV

/// `coppice clock-load`
struct ClockLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock-load",
        abstract: "Load a clock, and measure it.",
        discussion: """
            Asks for stamps as fast as the clock answers, for as long as it is told to, and checks that each stamp is \
            given once and lies above all that were answered before it was asked for. Ends with status 0 if the clock \
            kept that, and with 1 if it didn't or gave no stamps.

              coppice clock-load --connections 10 --batch 1000     ten nodes that ask in batches
              coppice clock-load --connections 1 --batch 1         the round trip of a single stamp
            """)

    @Argument(help: ArgumentHelp("The clock to load, HOST:PORT.", valueName: "clock"))
    var clock = Address(host: "localhost", port: 3779)

    @OptionGroup var security: SecurityOptions

    @OptionGroup var secret: NetworkSecretOptions

    @Option(help: ArgumentHelp("Connections that ask at the same time, 1 to 1000.", valueName: "number"))
    var connections = 10

    @Option(help: ArgumentHelp("Stamps in one question, 1 to 262144.", valueName: "number"))
    var batch = 1000

    @Option(help: ArgumentHelp("How long, 0.1 to 3600.", valueName: "seconds"))
    var seconds = 5.0

    func validate() throws {
        guard (1...1000).contains(connections) else { throw ValidationError("--connections has to be 1 to 1000") }
        guard (1...262_144).contains(batch) else { throw ValidationError("--batch has to be 1 to 262144") }
        try security.check()
        try secret.check()
        guard (0.1...3600).contains(seconds) else { throw ValidationError("--seconds has to be 0.1 to 3600") }
    }

    func run() throws {
        var settings = ClockLoadSettings(clock: clock)
        settings.connections = connections
        _ = try security.context()
        settings.trust = try security.trust()
        if settings.trust == nil, let secret = try secret.value(for: "the network's secret") {
            settings.trust = .link(LinkKey(secret: secret))
        }
        settings.batch = batch
        settings.duration = .milliseconds(Int64(seconds * 1000))
        let result: ClockLoadResult
        do { result = try ClockLoad.run(settings) } catch { throw Complaint(error) }
        guard result.stamps > 0 else {
            throw Complaint(
                "the clock at \(clock) gave no stamp within \(seconds) s: check that a clock runs there and answers")
        }
        func microseconds(_ percentile: Double) -> String { "\(result.latency(percentile: percentile)) µs" }
        StandardOutput.write(
            """
            clock      \(clock), \(connections) connections, batches of \(batch)
            stamps     \(Int(result.stampsPerSecond)) a second
            questions  \(Int(result.questionsPerSecond)) a second, \(result.questions) in all
            latency    median \(microseconds(50)), 99 % \(microseconds(99)), 99.9 % \(microseconds(99.9)), \
            worst \(microseconds(100))

            """)
        guard result.violations.isEmpty else {
            for violation in result.violations { StandardOutput.write("violation  \(violation)\n") }
            throw ExitCode.failure
        }
        StandardOutput.write(
            "checked    every stamp given once, and above all that were answered before it was asked for\n")
    }
}
