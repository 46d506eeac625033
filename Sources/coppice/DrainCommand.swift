import ArgumentParser
import Client
import Tree

/// `coppice drain`
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Move the clients of a node to others, before it is upgraded.",
        discussion: """
            The node takes no new clients, and says which other nodes do. It sends those that it has to others, so \
            many a second; clients that resume miss nothing. It stays in the tree, "coppice tree" shows it as \
            draining, and its /ready fails. That ends with --stop, and when the node is started again.
            """)

    @Option(help: ArgumentHelp("The node: HOST:PORT.", valueName: "host:port"))
    var at: String

    @OptionGroup var rate: MoveRate
    @OptionGroup var security: SecurityOptions
    @OptionGroup var secret: NodeSecretOptions

    @Flag(help: "Let the node take clients again.")
    var stop = false

    @Flag(help: "Wait until no client is left there, and tell each second how many are.")
    var wait = false

    @Flag(help: "Print lines of JSON.")
    var json = false

    private func server() throws -> Address {
        let parsed = try HostAndPort(at, flag: "--at", port: nil, portFlag: "")
        return Address(host: parsed.host, port: parsed.port ?? 3780)
    }

    func validate() throws {
        _ = try server()
        try rate.check()
        try secret.check()
        try security.check()
        if stop, wait || rate.rate != nil { throw ValidationError("--stop stands alone, without --rate and --wait") }
    }

    func run() throws {
        let action: MovingAction = stop ? .stopDraining : .drain(perSecond: rate.rate ?? 100)
        let node = try NodeAccess(try server(), secret, security, namedBy: .at)
        try MoveRate.carryOut(action, at: node, waits: wait, json: json)
    }
}

/// `coppice rebalance`
struct RebalanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebalance",
        abstract: "Even out how many clients the nodes have, after an upgrade.",
        discussion: """
            Every node that has more clients than its share sends the rest to nodes that have fewer, so many a second. \
            A client that has logged in within the last minute isn't moved yet, so that nobody is moved twice in a \
            minute. Nodes that are drained take none. The command ends when the nodes have begun.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var rate: MoveRate
    @OptionGroup var security: SecurityOptions
    @OptionGroup var secret: NodeSecretOptions

    @Flag(help: "Print lines of JSON.")
    var json = false

    func validate() throws {
        try server.check()
        try rate.check()
        try secret.check()
        try security.check()
    }

    func run() throws {
        let node = try NodeAccess(server.address, secret, security)
        try MoveRate.carryOut(.balance(perSecond: rate.rate ?? 20), at: node, waits: false, json: json)
    }
}

/// How fast clients are moved.
struct MoveRate: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Clients that a node moves in a second, 1 to 10000. (default: 100 to drain it, 20 to even out)",
            valueName: "clients"))
    var rate: Int?

    func check() throws {
        if let rate, !(1...10_000).contains(rate) { throw ValidationError("--rate has to be 1 to 10000") }
    }

    static func carryOut(
        _ action: MovingAction, at node: NodeAccess, waits: Bool, json: Bool
    ) throws {
        var settings = DrainSettings(node, action: action)
        settings.waits = waits
        settings.printsJSON = json
        let status = DrainProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}
