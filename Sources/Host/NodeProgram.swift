import LogLines
import Logging
import Names
import Secrets
import Store
import Systemd
import TLS
import Tree
import UV

/// `coppice node` from its start to its end.
public enum NodeProgram {
    /// Serves until the node has left in order after a signal that ends programs (`ServerSignals`).
    ///
    /// - Throws: why the node could not start; then nothing was printed on standard output.
    /// - Returns: why the node ended.
    ///
    /// - Parameter log: gets the node's name as metadata, unless it has a name already.
    public static func run(_ options: NodeOptions, log: Logger) throws(NodeFailure) -> StopReason {
        var log = log
        let loop: Loop
        do { loop = try Loop() } catch { throw .noLoop(error) }
        Descriptors.reserveTable()
        ProcessMemory.returnLargeBuffers()
        let descriptors = Descriptors.raiseLimit().soft
        var server: NodeServer?
        var accepted: [Stream] = []
        var listener: Listener?
        var adminListener: Listener?
        let port: UInt16
        let directory: DataDirectory?
        let running: NodeServer
        do throws(NodeFailure) {
            listener = try listen(options, on: loop) { stream in
                if let server { server.accept(stream) } else { accepted.append(stream) }
            }
            adminListener = try listenAdmin(options, on: loop) { stream in
                if let server { server.acceptAdmin(stream) } else { stream.close() }
            }
            port = listener!.port
            if log[metadataKey: "name"] == nil { log[metadataKey: "name"] = "node \(port)" }
            directory = try open(options, port: port)
            running = try make(
                options, port: port, directory: directory, descriptors: descriptors, on: loop, log: log)
        } catch {
            listener?.close()
            adminListener?.close()
            loop.close()
            throw error
        }
        server = running
        running.tellSettings = options.tellSettings
        if options.readAgain != nil { running.settingsReading = FileReading() }
        running.start(listener: listener!, adminListener: adminListener)
        if let address = adminListener?.address {
            log[.adminListens].info("metrics and health at \(address) (--admin)")
        }
        for stream in accepted { running.accept(stream) }
        var secretFailure: UVError?
        let reason = serve(running, options, on: loop, log: log) {
            if options.isSecretMade {
                StandardError.write("secret of this network: \(options.ownSecret)\n")
                StandardError.finish()
                // A network whose secret could not be printed is of no use.
                secretFailure = StandardError.failure
                if secretFailure != nil { return false }
            }
            return StandardOutput.announce(
                "listening on \(Address(host: options.hostname, port: port))\n",
                within: Settings.announceLimit)
        }
        if !loop.closeOrAbandon() {
            log[.diskSlow].warning("the disk takes too long: ended without it")
        }
        directory?.release()
        if let secretFailure { throw .secretUntold(secretFailure) }
        return reason
    }

    /// Reads and checks all that a node with these options would use, and starts nothing.
    ///
    /// - Throws: why such a node could not start.
    /// - Returns: what an operator should know before it starts.
    public static func check(_ options: NodeOptions) throws(NodeFailure) -> [String] {
        var warnings: [String] = []
        if let bind = options.bind, bind != "localhost", SocketAddress(numeric: bind, port: options.listenPort) == nil {
            throw .badBindAddress(bind)
        }
        for files in [options.certificates, options.linkCertificates] {
            warnings += try read(files, options)?.findings ?? []
        }
        if !options.keepsNothing {
            let folder = dataFolder(options, port: options.listenPort)
            do { try Files.checkWritableFolder(folder) } catch { throw .dataDirectory(error) }
        }
        return warnings
    }

    /// - Parameter announce: announces that the node serves; from then on the node has to handle signals. False if it
    ///   could not be announced: then the node ends, since its starter would wait for ever.
    private static func serve(
        _ server: NodeServer, _ options: NodeOptions, on loop: Loop, log: Logger, announce: () -> Bool
    ) -> StopReason {
        var reason = StopReason.drained
        var hasEnded = false
        let service = ServiceNotifier(on: loop)
        let end = { (why: StopReason, manner: CloseManner) in
            loop.limitEnd(to: manner == .now ? Settings.sharpEndLimit : Settings.endLimit)
            guard !hasEnded else { return }
            hasEnded = true
            reason = why
            service.close()
            server.close(manner)
        }
        var isLeaving = false
        let leave = {
            if isLeaving { return end(.drained, .now) }
            isLeaving = true
            service.stopping()
            server.drain()
        }
        let signals = ServerSignals(on: loop) { meaning, name in
            switch meaning {
            case .end:
                log[.signal].info("\(name): \(isLeaving ? "ending at once" : "leaving")")
                leave()
            case .reload:
                var read = server.reload()
                if options.readAgain != nil { read.insert("the settings", at: 0) }
                let what =
                    read.isEmpty ? "there is nothing to read again" : "reading \(read.joined(separator: " and ")) again"
                log[.signal].notice("\(name): \(what)")
                readSettings(options, for: server, log)
            case .nothing: log[.signal].debug("\(name): ignored")
            }
        }
        server.stopped = { end($0, .afterFlush) }
        if announce() {
            service.ready(on: loop, state: "serving, in a tree") { server.hasPosition }
        } else {
            end(.drained, .now)
        }
        loop.run()
        // Signals are handled until here, so that a third one doesn't kill a node that is about to end in order.
        signals.close()
        return reason
    }

    private static func readSettings(_ options: NodeOptions, for server: NodeServer, _ log: Logger) {
        guard let readAgain = options.readAgain else { return }
        guard let new = readAgain(log) else {
            server.settingsReading?.failed()
            return
        }
        server.settingsReading?.succeeded()
        adjust(server, to: new)
    }

    /// Lets a running node take over what of these options can be changed.
    private static func adjust(_ server: NodeServer, to options: NodeOptions) {
        server.adjust { configuration in
            let (lineBytes, room) = (configuration.limits.clientLineBytes, server.settings.descriptorBudget.clients)
            // A limit that isn't given any more has its default again.
            configuration.limits = Limits()
            options.configure(&configuration)
            configuration.limits.clientLineBytes = lineBytes
            configuration.limits.clients = min(options.maxClients ?? .max, room)
        }
    }

    private static func listen(
        _ options: NodeOptions, on loop: Loop, accepted: @escaping (Stream) -> Void
    ) throws(NodeFailure) -> Listener {
        let port = options.listenPort
        let addresses: [SocketAddress]
        switch options.bind {
        case nil: addresses = defaultAddresses(options.hostname, port: port)
        case "localhost"?: addresses = SocketAddress.loopbacks(port: port)
        case let text?:
            guard let numeric = SocketAddress(numeric: text, port: port) else {
                throw .badBindAddress(text)
            }
            addresses = [numeric]
        }
        do {
            return try Listener.bind(on: loop, toOneOf: addresses, accepted: accepted)
        } catch {
            if error == .addressInUse { throw .addressInUse("\(addresses[0])") }
            throw .cannotListen("\(addresses.last!)", error)
        }
    }

    private static func listenAdmin(
        _ options: NodeOptions, on loop: Loop, accepted: @escaping (Stream) -> Void
    ) throws(NodeFailure) -> Listener? {
        guard let admin = options.monitoring.admin else { return nil }
        guard let addresses = admin.addresses else { throw .badBindAddress(admin.host) }
        do {
            return try Listener.bind(on: loop, toOneOf: addresses, accepted: accepted)
        } catch {
            if error == .addressInUse { throw .adminAddressInUse("\(addresses[0])") }
            throw .cannotListenAdmin("\(addresses.last!)", error)
        }
    }

    /// The addresses to listen on for this host name by default: the first that this machine has is used.
    private static func defaultAddresses(_ hostname: String, port: UInt16) -> [SocketAddress] {
        if hostname == "localhost" { return SocketAddress.loopbacks(port: port) }
        guard let numeric = SocketAddress(numeric: hostname, port: port) else {
            return SocketAddress.everywhere(port: port)
        }
        // If the host name is a loopback address, no other machine can use the others.
        if numeric.isLoopback { return [numeric] }
        return numeric.isIPv6 ? [SocketAddress.everywhere(port: port)[0]] : [.anyIPv4(port: port)]
    }

    private static func dataFolder(_ options: NodeOptions, port: UInt16) -> String {
        options.dataDirectory ?? "./coppice-data/\(port)"
    }

    private static func open(_ options: NodeOptions, port: UInt16) throws(NodeFailure)
        -> DataDirectory?
    {
        guard !options.keepsNothing else { return nil }
        do {
            return try DataDirectory(dataFolder(options, port: port))
        } catch {
            throw .dataDirectory(error)
        }
    }

    private static func make(
        _ options: NodeOptions, port: UInt16, directory: DataDirectory?, descriptors: Int,
        on loop: Loop,
        log: Logger
    ) throws(NodeFailure) -> NodeServer {
        let certificates = try read(options.certificates, options)
        let linkCertificates = try read(options.linkCertificates, options)
        let tokens: TokenAuthority?
        do {
            tokens = try options.tokens.map { file throws(TokenFile.Failure) in try TokenAuthority(file) }
        } catch {
            throw .tokens(error)
        }
        let linkKeys: LinkKeys
        do { linkKeys = try LinkKeys(on: loop, certificates: linkCertificates) } catch { throw .tls(error) }
        let newID = NodeID(randomUInt64())
        let now = Loop.wallMilliseconds
        var origin = Origin(node: newID, incarnation: Incarnation(now))
        do {
            if let directory {
                origin = try directory.beginLife(newID: newID, wallMilliseconds: now)
                try directory.protectAccounts()
            }
        } catch {
            throw .dataDirectory(error)
        }
        var data: (directory: DataDirectory, store: AccountStore)?
        var accounts: Accounts?
        do {
            if let directory {
                let opened = try directory.openAccounts()
                data = (directory, opened.store)
                accounts = opened.accounts
            }
        } catch {
            throw .accounts(error)
        }
        if let count = accounts?.count, count > 0 { log[.accountsRead].info("\(count) accounts") }
        let key = KeyedHash()
        var configuration = Configuration(
            origin: origin, address: Address(host: options.hostname, port: port),
            ownSecret: Secret(options.ownSecret), parentSecret: Secret(options.parentSecret),
            parent: options.parent,
            randomSeed: randomUInt64(),
            digest: { secret in
                let (high, low) = key.hash(secret.text)
                return SecretDigest(high: high, low: low)
            })
        configuration.sessionName = { PublicName.of($0) }
        let resumeTokenKeys = ResumeTokenKeys()
        do {
            try resumeTokenKeys.derive(
                for: [options.ownSecret, options.otherOwnSecret].compactMap { $0.map { Secret($0) } })
        } catch {
            throw .noMemory("\(error)")
        }
        configuration.resumeTokenCode = { resumeTokenKeys.code(of: $1, under: $0) }
        configuration.names = UnicodeNames()
        directory?.networkSecret = configuration.parentSecret
        configuration.remembered = directory?.savedContacts() ?? []
        let bans = Bans(directory?.savedBans() ?? [])
        for finding in directory?.findings ?? [] { log[.dataDamaged].warning("\(finding)") }
        configuration.asksClock = !options.clocks.isEmpty
        configuration.keepsAccounts = data != nil
        configuration.linkProtection =
            linkCertificates != nil ? .certified : options.takesPlainLinks ? .preferred : .required
        configuration.otherOwnSecret = options.otherOwnSecret.map { Secret($0) }
        warnOfWeakSecrets(options, log: log)
        options.configure(&configuration)
        configuration.limits.followWithinBytes = options.lagBytes / 2
        var settings = Settings(clocks: options.clocks)
        settings.seedNames = options.seedNames
        settings.clockSecret = options.clockSecret.map { Secret($0) }
        settings.lineBytes = options.lineBytes
        configuration.limits.clientLineBytes = options.lineBytes
        settings.lagBytes = options.lagBytes
        settings.version = options.version
        settings.liveness = Liveness(ofManyWithin: options.vanishedAfter)
        settings.takenWithin = options.takenWithin
        settings.handshakes = options.handshakes
        settings.proxyFrom = options.proxyFrom
        settings.webOrigins = options.webOrigins
        settings.webCompression = options.webCompression
        if options.servesPage { settings.webFiles = WebFile.page }
        settings.rereadSecrets = options.rereadSecrets
        settings.takesPlainLinks = options.takesPlainLinks
        settings.linkTakenWithin = max(configuration.limits.stuckAfter, configuration.limits.silence * 2)
        settings.stallCheck = min(options.vanishedAfter, options.takenWithin) / 5
        settings.descriptorBudget = DescriptorBudget(
            descriptors: descriptors, inUse: Descriptors.inUse, children: configuration.limits.children)
        configuration.limits.clients = min(options.maxClients ?? .max, settings.descriptorBudget.clients)
        log[.room].info(
            "room for \(configuration.limits.clients) clients: \(descriptors) descriptors, some of them reserved")
        if let wanted = options.maxClients, wanted > settings.descriptorBudget.clients {
            log[.fewDescriptors].warning(
                "--max-clients \(wanted) is more than there are descriptors for: raise the limit (ulimit -n)")
        }
        return NodeServer(
            configuration: configuration, settings: settings, data: data, accounts: accounts, bans: bans,
            certificates: certificates, linkKeys: linkKeys, resumeTokenKeys: resumeTokenKeys, tokens: tokens,
            monitoring: options.monitoring, on: loop,
            logger: log)
    }

    private static func read(_ files: TLSFiles?, _ options: NodeOptions) throws(NodeFailure) -> Certificates? {
        guard let files else { return nil }
        do throws(TLSFiles.Failure) {
            return try Certificates(files, for: options.hostname)
        } catch {
            throw .certificates(error)
        }
    }

    /// Whoever records a handshake can try guesses for as long as it takes. On the machine itself nobody records any.
    private static func warnOfWeakSecrets(_ options: NodeOptions, log: Logger) {
        let isAlone =
            options.hostname == "localhost"
            || SocketAddress(numeric: options.hostname, port: 0)?.isLoopback == true
        let shortest = [options.ownSecret, options.parentSecret].map(\.count).min()!
        guard !isAlone, shortest < Settings.secretCharacters else { return }
        log[.weakSecret].warning(
            """
            the secret has only \(shortest) characters: whoever records a handshake can try guesses; take a long \
            random one, as `openssl rand -base64 24` makes (--secret-file)
            """)
    }
}
