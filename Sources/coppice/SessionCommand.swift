import ArgumentParser
import Client
import Tree
import UV

/// `coppice session`
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "List, show and end the sessions of clients, and ban and unban.",
        discussion: """
            Ask any running node, with -rh, -rp and its secret (--secret-file or COPPICE_SECRET): what is asked \
            and done concerns the clients of all nodes.

            A ban ends the sessions that it meets, and lets nobody in whom it meets, at any node, also at one that \
            was cut off or joins later, and over restarts. The banned are told the reason, and until when. Other \
            nodes and tools like this one get in from everywhere.

            If not all nodes have answered, a warning says so, and "list" and "show" end with 1.
            """,
        subcommands: [List.self, Show.self, End.self, Ban.self, Unban.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all sessions, one a line, or those of a name or address; or the bans.",
            discussion: """
                Columns: the node, the name, where the client comes from, how, since when it is logged in, how many \
                messages it has said, how many bytes it has not been given yet, and the name of its session.
                """)

        @OptionGroup var place: SessionPlace
        @OptionGroup var target: TargetOptions
        @Flag(help: "Print the bans instead.")
        var bans = false

        func validate() throws {
            try place.check()
            if bans, try target.value() != nil { throw ValidationError("--bans lists all bans") }
        }

        func run() throws {
            try place.carryOut(
                bans ? .bans(page: 0) : .list(SessionsPage(target: try target.value(), limit: SessionPlace.pageSize)))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print one session.", discussion: "It ends with 1 if there is none.")

        @OptionGroup var place: SessionPlace
        @Argument(help: ArgumentHelp("The session's name, as others see it.", valueName: "session"))
        var session: String

        func validate() throws { try place.check() }

        func run() throws {
            try place.carryOut(
                .list(SessionsPage(target: .session(session), limit: SessionPlace.pageSize)), wantsSome: true)
        }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End sessions; their clients are told why, and may log in again.")

        @OptionGroup var place: SessionPlace
        @OptionGroup var target: TargetOptions
        @OptionGroup var reason: ReasonOption

        func validate() throws {
            try place.check()
            try reason.check()
            _ = try target.required()
        }

        func run() throws { try place.carryOut(.end(try target.required(), reason: reason.text)) }
    }

    struct Ban: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ban a name, addresses or a session: for some time, or for good.")

        @OptionGroup var place: SessionPlace
        @OptionGroup var target: TargetOptions
        @OptionGroup var reason: ReasonOption
        @Option(
            name: .customLong("for"),
            help: ArgumentHelp(
                "For how long: a number with s, m, h or d. (default: for good)", valueName: "duration"))
        var duration: BanDuration?

        func validate() throws {
            try place.check()
            try reason.check()
            _ = try target.required()
        }

        func run() throws {
            try place.carryOut(.ban(try target.required(), duration?.value, reason: reason.text))
        }
    }

    struct Unban: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lift a ban: who it kept out gets in at once.")

        @OptionGroup var place: SessionPlace
        @OptionGroup var target: TargetOptions

        func validate() throws {
            try place.check()
            _ = try target.required()
        }

        func run() throws { try place.carryOut(.unban(try target.required())) }
    }
}

/// The node that is asked about sessions.
struct SessionPlace: ParsableArguments {
    static let pageSize = 200

    @OptionGroup var server: ServerOptions
    @OptionGroup var security: SecurityOptions
    @OptionGroup var secret: NodeSecretOptions

    @Flag(help: "Print lines of JSON.")
    var json = false

    func check() throws {
        try server.check()
        try secret.check()
        try security.check()
    }

    func carryOut(_ action: SessionAction, wantsSome: Bool = false) throws {
        let node = try NodeAccess(server.address, secret, security)
        var settings = SessionSettings(node, action: action)
        settings.printsJSON = json
        settings.wantsSome = wantsSome
        let status = SessionProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}

/// Whom or what is meant.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A user's name, registered or not, or \"anonymous\".", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            """
            An address, or a range of them such as 10.0.0.0/8: where clients come from, behind a balancer too. Of IPv6 \
            addresses only the first 64 bits count, and all of this machine's count as one.
            """, valueName: "address"))
    var address: String?

    @Option(help: ArgumentHelp("A session's name, as \"list\" prints it.", valueName: "session"))
    var session: String?

    func value() throws -> BanTarget? {
        guard [name, address, session].compactMap(\.self).count <= 1 else {
            throw ValidationError("give one of --name, --address and --session")
        }
        if let name { return .name(name) }
        if let session { return .session(session) }
        guard let address else { return nil }
        guard let range = AddressRange(address), let peers = Self.peers(of: range) else {
            throw ValidationError("\(address) is no address, and no range such as 10.0.0.0/8 or 2001:db8::/32")
        }
        return .address(peers)
    }

    func required() throws -> BanTarget {
        guard let target = try value() else { throw ValidationError("give one of --name, --address and --session") }
        return target
    }

    /// As nodes compare addresses.
    private static func peers(of range: AddressRange) -> PeerRange? {
        let (first, bits) = range.subscribers
        if range.isLoopback { return .loopback }
        return range.isIPv6 ? PeerRange(ipv6: first, bits: bits) : PeerRange(ipv4: UInt32(first), bits: bits)
    }
}

struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("What they are told, up to 256 bytes. (default: none)", valueName: "text"))
    var reason: String?

    var text: String { reason ?? "" }

    func check() throws {
        if text.utf8.count > 256 { throw ValidationError("--reason is longer than 256 bytes") }
    }
}

/// A time such as `90s`, `15m`, `2h` or `7d`.
struct BanDuration: ExpressibleByArgument {
    let value: Duration

    init?(argument: String) {
        let seconds: Int64? =
            switch argument.last {
            case "s": 1
            case "m": 60
            case "h": 3600
            case "d": 86_400
            default: nil
            }
        guard let seconds, let count = UInt32(argument.dropLast()), count > 0, argument.first != "+",
            Int64(count) * seconds <= UInt32.max
        else { return nil }
        value = .seconds(Int64(count) * seconds)
    }
}
