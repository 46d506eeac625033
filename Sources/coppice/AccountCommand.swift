import ArgumentParser
import Client
import Host
import Tree
import UV

/// `coppice account`
struct AccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "List, show, remove and reset accounts, and change your own secret.",
        discussion: """
            A user changes the own secret with "coppice account secret". The others are for whoever runs the network.

            At a running node, which spreads what is changed to all others: -rh, -rp and its secret (--secret-file or \
            COPPICE_SECRET). Or in the data directory of a node that is not running: --data-dir; it spreads the \
            change when it runs again.
            """,
        subcommands: [
            List.self, Show.self, Remove.self, Reset.self, AccountSecretCommand.self, AccountBenchCommand.self,
            AccountStormCommand.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all accounts, one a line.",
            discussion: "In a data directory they come by name, at a running node in no order.")

        @OptionGroup var place: AccountPlace

        func validate() throws { try place.check() }

        func run() throws {
            try place.carryOut(.list) { directory in
                var isWritten = true
                let missing = try directory.list { account in
                    isWritten = isWritten && StandardOutput.write(ListedAccount(account).line(asJSON: place.json))
                }
                if let missing { throw Complaint(missing) }
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print one account.")

        @OptionGroup var place: AccountPlace
        @Argument(help: ArgumentHelp("The account's name.", valueName: "name"))
        var name: String

        func validate() throws { try place.check() }

        func run() throws {
            try place.carryOut(.show(name: name)) { directory in
                StandardOutput.write(ListedAccount(try directory.account(named: name)).line(asJSON: place.json))
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an account: its sessions end, and the name can be registered anew.")

        @OptionGroup var place: AccountPlace
        @Argument(help: ArgumentHelp("The account's name.", valueName: "name"))
        var name: String

        func validate() throws { try place.check() }

        func run() throws {
            try place.carryOut(.remove(name: name)) { directory in
                try directory.remove(name)
                StandardOutput.write(ListedAccount.outcome(name, "removed", durable: 1, asJSON: place.json))
            }
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account a new secret: its sessions end.",
            discussion: """
                The new secret is asked for on a terminal; otherwise it comes from --new-secret-file or \
                COPPICE_NEW_SECRET.
                """)

        @OptionGroup var place: AccountPlace

        @Option(help: ArgumentHelp("File whose first line is the new secret. (default: none)", valueName: "file"))
        var newSecretFile: String?

        @Argument(help: ArgumentHelp("The account's name.", valueName: "name"))
        var name: String

        func validate() throws { try place.check() }

        func run() throws {
            place.secret.hide()
            let secret = try newSecret()
            try place.carryOut(.reset(name: name, secret: secret)) { directory in
                try directory.reset(name, secret: secret)
                StandardOutput.write(ListedAccount.outcome(name, "reset", durable: 1, asJSON: place.json))
            }
        }

        private func newSecret() throws -> String {
            let sources = SecretSources(
                subject: "\(name)'s new secret", file: try SecretFile(newSecretFile, option: "--new-secret-file"),
                variable: "COPPICE_NEW_SECRET")
            if let secret = try sources.choose() { return secret }
            guard let secret = NewSecret.ask(of: name) else {
                throw Complaint("the new secret is missing: give it in --new-secret-file or COPPICE_NEW_SECRET")
            }
            return secret
        }
    }
}

/// Where the accounts are: at a running node, or in a folder.
struct AccountPlace: ParsableArguments {
    @OptionGroup var server: ServerOptions
    @OptionGroup var security: SecurityOptions
    @OptionGroup var secret: NodeSecretOptions

    @Option(
        help: ArgumentHelp(
            "Data directory of a node that is not running. (default: none, a running node is asked)",
            valueName: "folder"))
    var dataDir: String?

    @Flag(help: "Print lines of JSON.")
    var json = false

    func check() throws {
        try server.check()
        try secret.check()
        try security.check()
    }

    func carryOut(_ action: AccountSettings.Action, in folder: (AccountDirectory) throws -> Void) throws {
        if let dataDir {
            do {
                return try folder(try AccountDirectory(dataDir))
            } catch let failure as AccountFailure {
                throw Complaint(failure)
            }
        }
        guard let secret = try secret.value() else {
            throw Complaint(
                "the node's secret is missing: give it with \(SecretKind.tool.places), or name the "
                    + "folder of a node that is not running with --data-dir")
        }
        let node = NodeAccess(server.address, secret: secret, tls: try security.context(proving: secret))
        var settings = AccountSettings(node, action: action)
        settings.printsJSON = json
        let status = AccountProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}
