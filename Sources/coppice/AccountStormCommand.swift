import ArgumentParser
import Load

/// `coppice account storm`
struct AccountStormCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storm",
        abstract: "Measure many logins a second at a running node that also serves clients and messages.",
        discussion: """
            Registers the accounts storm0, storm1, … first. How long the node's loop was busy at a time is in its \
            status afterwards: coppice tree --json, field "turns". The node's limits have to allow it: for more than a \
            thousand accounts on this machine start it with --trust-loopback.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("Accounts that log in.", valueName: "count"))
    var accounts = 100

    @Option(help: ArgumentHelp("Logins a second.", valueName: "count"))
    var rate = 5000

    @Option(help: ArgumentHelp("How long it lasts.", valueName: "seconds"))
    var seconds = 10

    @Option(help: ArgumentHelp("Clients that are logged in all the while.", valueName: "count"))
    var listeners = 10_000

    @Option(help: ArgumentHelp("Messages a second that one of them says.", valueName: "count"))
    var messages = 50

    func validate() throws {
        try server.check()
        guard (1...100_000).contains(accounts) else { throw ValidationError("--accounts has to be 1 to 100000") }
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate has to be 1 to 100000") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds has to be 1 to 600") }
        guard (0...50_000).contains(listeners) else { throw ValidationError("--listeners has to be 0 to 50000") }
        guard (0...10_000).contains(messages) else { throw ValidationError("--messages has to be 0 to 10000") }
    }

    func run() throws {
        var settings = StormSettings()
        settings.server = server.address
        settings.accounts = accounts
        settings.loginsPerSecond = rate
        settings.seconds = seconds
        settings.listeners = listeners
        settings.messagesPerSecond = messages
        let status = LoginStorm.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}
