import ArgumentParser
import Client

/// `coppice tree`
struct TreeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree",
        abstract: "Show the tree as a node sees it.",
        discussion: """
            Asks one node for all that it knows, and draws it. It ends with status 0 if the node answered and is in \
            the tree that it was to join, and with 1 if not, which makes it a health check.

            Each line is a node: the first letters of its id, and its address. It stands under its parent.
              root        it has no parent: it rules the nodes below it
              not joined  it is not in the tree that it was to join; below the tree stands why
              waits       its clients are held back; below the tree stands since when, and for whom
              left behind its link takes less than is said, and it misses the rest (--lag-policy gap)
              draining    it takes no new clients, and sends those that it has elsewhere (coppice drain)
              in clear    others may listen in on its link to its parent (--plain-links)
              ◀ asked     the node that was asked; more of it stands below the tree
              clients     clients that are logged in there
              queue       messages taken there that too few nodes hold yet
              log         entries kept there; about the same everywhere
              deadpool    whom it asks, in this order, when it loses its parent
              :3781       in a deadpool: a node on the same host
              +2          in a deadpool: two more than there is room for
              12…         12 levels below the root; the lines to it are left out
              incomplete  some branch did not answer in time

            Below the tree: the asked node's parent, those above that, its children, its deadpool, and the heir, who \
            becomes root when the root is lost.

            On a terminal no line is longer than that is wide: long names are cut in their middle, then \
            the deadpools go, then the counts on the right, and the marks last. In a pipe nothing is cut.

            With --watch the picture is drawn again and again in the same place, without a terminal (or with \
            TERM=dumb) one below the other. When the asked node dies the next one that it told of is asked, and named \
            above the picture: it has to take the same secret. NO_COLOR=1 leaves colours out.
            """)

    @OptionGroup var server: ServerOptions

    @OptionGroup var security: SecurityOptions

    @OptionGroup var secret: NodeSecretOptions

    @Flag(help: "Print one line of JSON: the asked node's fields, and all nodes in \"nodes\".")
    var json = false

    @Flag(help: "Draw again and again until Control-C.")
    var watch = false

    @Argument(help: ArgumentHelp("With --watch: seconds between two pictures. (default: 1)", valueName: "seconds"))
    var seconds: Double?

    func validate() throws {
        try server.check()
        try secret.check()
        try security.check()
        guard let seconds else { return }
        guard watch else { throw ValidationError("seconds are for --watch") }
        guard seconds >= 0.05, seconds < 1e9 else { throw ValidationError("--watch needs 0.05 or more seconds") }
    }

    func run() throws {
        var source = StatusSource(try NodeAccess(server.address, secret, security))
        if watch { source.pause = .milliseconds(Int64((seconds ?? 1) * 1000)) }
        var settings = TreeSettings(source)
        settings.printsJSON = json
        let status = TreeProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}
