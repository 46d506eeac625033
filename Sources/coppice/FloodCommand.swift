import ArgumentParser
import Flood
import Secrets
import Tree
import UV

/// `coppice flood`
struct FloodCommand: ParsableCommand {
    /// The status of a run that has no verdict, or whose report is lost.
    static let failure: Int32 = 2

    static let configuration = CommandConfiguration(
        commandName: "flood",
        abstract: "Flood a network with clients and messages, and check every delivery.",
        discussion: """
            Clients log in, some of them send, and each of them has to get everything once, whole and in the order of \
            its sender. Shows what it does on standard error and reports on standard output.

            Ends with status 0 if all was right, 1 if something was lost, doubled, out of order or corrupted or if the \
            server closed a client that was reading, and 2 if the flags make no sense or clients could not get in.
            """)

    // MARK: Whom

    @Option(
        help: ArgumentHelp(
            "Servers that the clients are spread over, comma separated: HOST:PORT,… (default: localhost:3780)",
            valueName: "addresses"))
    var nodes: AddressList?

    @Option(
        help: ArgumentHelp(
            "Servers that the senders are at, comma separated. (default: those of --nodes)", valueName: "addresses"))
    var senderNodes: AddressList?

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("What the servers speak.", valueName: "name"))
    var kind = FloodProtocol.coppice

    @Option(
        help: ArgumentHelp(
            "Process of the server, or several, comma separated: its memory per connection and its CPU time are "
                + "reported.",
            valueName: "pids"))
    var pid: ProcessList?

    @Flag(
        name: .customLong("websocket"),
        help: "Speak through a WebSocket: at /ws of Coppice, at listeners for it of nats-server and mosquitto.")
    var usesWebSocket = false

    @OptionGroup var security: SecurityOptions

    // MARK: Clients

    @Option(help: ArgumentHelp("Clients to log in; past 19000 by several worker processes.", valueName: "count"))
    var clients = 1000

    @Option(help: ArgumentHelp("Connections begun each second. (default: as many as go)", valueName: "count"))
    var ramp: Double?

    @Flag(help: "Register a name for each client, instead of being anonymous.")
    var register = false

    @Option(help: ArgumentHelp("Clients that close and come again each second.", valueName: "count"))
    var churn = 0.0

    @Flag(
        help: ArgumentHelp(
            "When a server ends, its clients connect to another one of --nodes and go on where they were, and are "
                + "checked to have missed nothing. Senders don't. With --register they show their resume tokens there.")
    )
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Servers at which they go on, comma separated. (default: those of --nodes)", valueName: "addresses"))
    var resumeNodes: AddressList?

    @Option(
        help: ArgumentHelp(
            "How many clients of a hundred stop reading. They should be closed by the server, and are counted.",
            valueName: "percent"))
    var slow = 0.0

    @Option(help: ArgumentHelp("Seconds for which they don't read.", valueName: "seconds"))
    var slowTime = 30.0

    // MARK: Messages

    @Option(help: ArgumentHelp("Clients that also send.", valueName: "count"))
    var senders = 1

    @Option(
        help: ArgumentHelp(
            "Messages to send each second, also if the server doesn't keep up; latency counts from the moment at which "
                + "a message was due. Not with --window. (default: as many as --window allows)", valueName: "count"))
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "Messages under way at most: the next one is sent when all clients have an earlier one. (default: 64)",
            valueName: "count"))
    var window: Int?

    @Option(help: ArgumentHelp("Bytes of text in each message, at least 48.", valueName: "bytes"))
    var payload = 128

    @Option(help: ArgumentHelp("Seconds for which is sent.", valueName: "seconds"))
    var duration = 10.0

    @Option(
        help: ArgumentHelp(
            "Seconds without any delivery after which, at the end, what is missing counts as lost.",
            valueName: "seconds"))
    var patience = 5.0

    @Option(help: ArgumentHelp("What texts and chance are drawn from. (default: drawn)", valueName: "number"))
    var seed: UInt64?

    // MARK: Report

    @Flag(help: "Report as one line of JSON.")
    var json = false

    @Option(help: ArgumentHelp("File for a page with pictures of the run. (default: none)", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Which worker this process is.", visibility: .private))
    var worker: Int?

    @Option(help: ArgumentHelp("Clients of one worker process at most.", visibility: .hidden))
    var clientsPerWorker: Int?

    private func plan(seed: UInt64) throws -> FloodPlan {
        var plan = FloodPlan()
        if let nodes { plan.nodes = nodes.addresses }
        plan.senderNodes = senderNodes?.addresses ?? []
        plan.kind = kind
        plan.usesWebSocket = usesWebSocket
        plan.clients = clients
        plan.ramp = ramp
        plan.registers = register
        plan.churn = churn
        plan.resumes = resume
        plan.resumeNodes = resumeNodes?.addresses ?? []
        plan.slowPercent = slow
        plan.senders = senders
        plan.payloadBytes = payload
        plan.seed = seed
        if let clientsPerWorker { plan.limits.clientsPerWorker = max(1, clientsPerWorker) }
        plan.duration = try seconds(duration, "--duration")
        plan.slowTime = try seconds(slowTime, "--slow-time")
        plan.patience = try seconds(patience, "--patience")
        switch (rate, window) {
        case (_?, _?): throw ValidationError("--rate and --window exclude each other")
        case (let rate?, nil): plan.load = .rate(perSecond: rate)
        case (nil, let window?): plan.load = .window(messages: window)
        case (nil, nil): break
        }
        if let complaint = plan.complaint { throw ValidationError(complaint) }
        return plan
    }

    private func seconds(_ value: Double, _ flag: String) throws -> Duration {
        guard value > 0, value <= 86_400 else {
            throw ValidationError("\(flag) has to be more than 0, and at most a day")
        }
        return .milliseconds(Int64(value * 1000))
    }

    func validate() throws {
        try security.check()
        _ = try plan(seed: 0)
    }

    func run() throws {
        let seed = seed ?? randomUInt64()
        var plan = try plan(seed: seed)
        plan.trust = try security.trust()
        if let worker {
            let status = FloodWorker.run(plan, worker: worker)
            if status != 0 { throw ExitCode(status) }
            return
        }
        // An error of the file is reported once, and not by each worker.
        _ = try security.context()
        if let html { try checkWritable(html) }
        switch FloodProgram.run(plan, processes: pid?.processes ?? [], arguments: workerArguments(seed)) {
        case .failure(let failure):
            StandardError.write("Error: \(failure)\n")
            throw ExitCode(Self.failure)
        case .success(let report):
            try show(report)
            if report.verdict == .wrong { throw ExitCode(1) }
        }
    }

    /// Before the run, so that an error about the page comes at once, and not after ten minutes.
    private func checkWritable(_ path: String) throws {
        do { try Files.checkReplaceable(path) } catch {
            StandardError.write("Error: \(error): check --html\n")
            throw ExitCode(2)
        }
    }

    /// This command once more, but for the seed, which is the same for all.
    private func workerArguments(_ seed: UInt64) -> [String] {
        Array(CommandLine.arguments.dropFirst()) + (self.seed == nil ? ["--seed", String(seed)] : [])
    }

    /// The report comes first: it must not be lost because the page can't be written.
    private func show(_ report: FloodReport) throws {
        if json {
            StandardOutput.write(report.json)
        } else {
            StandardOutput.write(report.text(colours: Terminal.hasColours(1)))
        }
        guard let html else { return }
        do { try Files.replace(html, with: report.page, permissions: 0o644) } catch {
            StandardError.write("Error: \(error): check --html\n")
            throw ExitCode(Self.failure)
        }
    }
}

extension FloodProtocol: ExpressibleByArgument {}

/// `PID,PID,…`
struct ProcessList: ExpressibleByArgument {
    let processes: [Int32]

    init?(argument: String) {
        let processes = argument.split(separator: ",").map { Int32($0) }
        guard !processes.isEmpty, !processes.contains(where: { $0 == nil || $0! <= 0 }) else { return nil }
        self.processes = processes.compactMap { $0 }
    }
}
