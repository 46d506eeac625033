import ArgumentParser
import Client

/// `coppice tree`
struct TreeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree",
        abstract: "Show the tree as a node sees it.",
        discussion: """
            Asks one node for all that it knows, and draws it. It ends with status 0 if the node answered and with 1 \
            if not, which makes it a health check.
            """)

    @OptionGroup var server: ServerOptions

    @OptionGroup var secret: SecretOptions

    @Flag(help: "Print one line of JSON: the asked node's fields, and all nodes in \"nodes\".")
    var json = false

    @Flag(help: "Draw again and again until Control-C.")
    var watch = false

    @Argument(help: ArgumentHelp("With --watch: seconds between two pictures. (default: 1)", valueName: "seconds"))
    var seconds: Double?

    func validate() throws {
        try server.check()
        try secret.check()
        guard let seconds else { return }
        guard watch else { throw ValidationError("seconds are for --watch") }
        guard seconds >= 0.05, seconds < 1e9 else { throw ValidationError("--watch needs 0.05 or more seconds") }
    }

    func run() throws {
        guard let secret = try secret.value(orIn: "COPPICE_SECRET") else {
            throw Complaint("the node's secret is missing: give it with -s/--secret, --secret-file or COPPICE_SECRET")
        }
        var settings = TreeSettings(secret: secret)
        settings.server = server.address
        settings.printsJSON = json
        if watch { settings.watch = .milliseconds(Int64((seconds ?? 1) * 1000)) }
        let status = TreeProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}
