import ArgumentParser
import Client
import Tree
import UV

/// `coppice account secret`
struct AccountSecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Change your own secret: your sessions end, and the new one counts everywhere.",
        discussion: """
            Any node will do (-rh, -rp); it needs your present secret, not the node's. At a terminal it asks for the \
            present secret, and twice for the new one, and shows neither. For scripts the present one comes from -s, \
            --secret-file or COPPICE_USER_SECRET, the new one from --new-secret-file or COPPICE_NEW_SECRET.

            It ends with status 0 once the new secret is on as many disks as the network asks for, and with 1 if it \
            was not changed.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var security: SecurityOptions
    @OptionGroup var secret: UserSecretOptions

    @Option(help: ArgumentHelp("File whose first line is the new secret. (default: none)", valueName: "file"))
    var newSecretFile: String?

    @Flag(help: "Print a line of JSON.")
    var json = false

    @Argument(help: ArgumentHelp("Your name.", valueName: "name"))
    var name: String

    func validate() throws { try security.check() }

    func run() throws {
        guard let present = try secret.value(for: "\(name)'s present secret") ?? asked()
        else {
            throw Complaint(
                "the present secret is missing: give it with \(SecretKind.user.places)")
        }
        guard let new = try newSecret() else {
            throw Complaint("the new secret is missing: give it with --new-secret-file or COPPICE_NEW_SECRET")
        }
        let change = SecretChangeProgram.Change(username: name, secret: present, newSecret: new)
        let status = SecretChangeProgram.run(
            change, at: server.address, tls: try security.context(), printsJSON: json)
        if status != 0 { throw ExitCode(status) }
    }

    private func asked() -> String? { SecretPrompt.read("Present secret of \(name): ") }

    private func newSecret() throws -> String? {
        try SecretSources(
            subject: "\(name)'s new secret", file: try SecretFile(newSecretFile, option: "--new-secret-file"),
            variable: "COPPICE_NEW_SECRET"
        ).choose() ?? NewSecret.ask(of: name)
    }
}
