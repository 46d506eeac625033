import ArgumentParser
import Client

/// `coppice top`
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch what every node of the network does.",
        discussion: """
            Asks one node for the status of all, every second, and shows a line for each:
              node     its address; * marks the root
              clients  clients that are logged in there
              in       messages a second that they say
              out      messages a second times the clients there that get them
              rx, tx   bytes a second that it reads and writes, with clients and other nodes
              queue    messages taken there that too few nodes hold yet
              lag      messages that wait for its slowest link
              slowest  bytes that wait for the client that reads most slowly
              links    links to other nodes; 2/3 if one of three isn't in order
              turn     the longest turn of its loop in the last 10 to 20 s: so long nobody was served there

            Numbers may have a unit: 1.2k, 53M. A - stands where nothing is known, as of a node that has just come. \
            Below the table stands what isn't in order: links that synchronise or take nothing, clients that wait.

            At a terminal keys sort, the same key once more turns the order round, and q leaves. When the asked node \
            dies the next one that it told of is asked: it has to take the same secret. Elsewhere, or with TERM=dumb, \
            tables follow one another. NO_COLOR=1 leaves colours out.
            """)

    @OptionGroup var server: ServerOptions

    @OptionGroup var security: SecurityOptions

    @OptionGroup var secret: NodeSecretOptions

    @Option(
        help: ArgumentHelp(
            "The column to sort by: \(TopColumn.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "column"))
    var sort = TopColumn.clients

    @Flag(help: "Print one table and end: after two answers, which rates take.")
    var once = false

    @Argument(help: ArgumentHelp("Seconds between two questions.", valueName: "seconds"))
    var seconds = 1.0

    func validate() throws {
        try server.check()
        try secret.check()
        try security.check()
        guard seconds >= 0.05, seconds < 1e9 else { throw ValidationError("top needs 0.05 or more seconds") }
    }

    func run() throws {
        var source = StatusSource(try NodeAccess(server.address, secret, security))
        source.pause = .milliseconds(Int64(seconds * 1000))
        var settings = TopSettings(source)
        settings.sort = sort
        settings.isOnce = once
        let status = TopProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}

extension TopColumn: ExpressibleByArgument {}
