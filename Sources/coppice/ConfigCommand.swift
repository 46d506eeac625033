import ArgumentParser
import Client
import Configuring
import Tree
import UV

/// `coppice config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the settings of a node or a clock as a configuration file.",
        discussion: """
            Without flags: all settings with their defaults, each with a comment that says what it is for, its range, \
            and whether a running program takes a new value over on SIGHUP. Read back with --config FILE it changes \
            nothing.

              coppice config > node.yaml
              coppice node --config node.yaml
              coppice config clock --config clock.yaml     # what a clock would use with this file and environment
              coppice config --of node1:3780               # what a node uses that runs, without its secrets
            """)

    @Argument(help: ArgumentHelp("Whose settings: node or clock. (default: node)", valueName: "program"))
    var program: String = "node"

    @Option(
        help: ArgumentHelp(
            "Print what the program would use with this file, and with the environment.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Print what the node at this address runs with; secrets are left out. It takes the node's secret.",
            valueName: "host:port"))
    var of: Address?

    @OptionGroup var security: SecurityOptions

    @OptionGroup var secret: NodeSecretOptions

    func validate() throws {
        try secret.check()
        try security.check()
        if of != nil, config != nil { throw ValidationError("--of and --config exclude each other") }
        guard ConfiguredCommands.named(by: [program]) != nil else {
            throw ValidationError("there are settings of node and clock, not of \(program)")
        }
    }

    func run() throws {
        if let of { return try ask(of) }
        guard let command = ConfiguredCommands.named(by: [program]) else { return }
        let page = SettingsPage(try command.settings())
        guard let config else {
            StandardOutput.write(page.text())
            return
        }
        let given = try command.given(["--config", config])
        StandardOutput.write(page.text(given))
    }

    private func ask(_ node: Address) throws {
        let access = try NodeAccess(node, secret, security, namedBy: .of)
        let status = AccountProgram.run(AccountSettings(access, action: .settings))
        if status != 0 { throw ExitCode(status) }
    }
}
