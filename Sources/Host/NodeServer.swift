import DequeModule
import LogLines
import Logging
import OpenMetrics
import Secrets
import Store
import Tree
import UV
import WebSocket
import Wire

/// A node that serves real sockets: it performs the node's effects on one libuv loop.
///
/// It makes no decisions. Callbacks become events. The node handles each event, and its effects are performed before
/// the next event. A turn of the loop ends with `turnEnded` and one flush: links first, then answers, then the clients
/// that follow the log, in slices.
///
/// ```
///   timers ─▶ poll: sockets are read, lines decoded, events handled
///                 │
///                 ▼
///          end of the turn: time passed? ─▶ turnEnded ─▶ links ─▶ answers ─▶ clients
/// ```
public final class NodeServer {
    let settings: Settings
    let node: Node
    let loop: Loop
    let loud: LoudClients
    let logger: Logger
    let notices: NoticeLog
    private var listener: Listener?
    private var hooks: [TurnHook] = []
    private var timer: Timer?
    var stallCheck: Timer?
    var linkCheck: Timer?
    private var handshakeCheck: Timer?
    private(set) var busyLoop: BusyLoop?
    var dialler: Dialler?
    private(set) var hashing: HashWork?
    var clock: ClockClient?
    var seedNames: SeedNames?
    private let data: (directory: DataDirectory, store: AccountStore)?
    private(set) var keeping: DataKeeping?

    private(set) var unfinished: UnfinishedLines?

    private(set) var connections = ConnectionTable()
    let web: WebService
    var webCounts = WebCounts()
    /// What clients that speak TLS to this node see; nil if none can.
    let certificates: Certificates?
    let linkKeys: LinkKeys
    let resumeTokenKeys: ResumeTokenKeys
    /// Checks tokens of others; nil if none are taken.
    let tokens: TokenAuthority?
    var handshakes: Handshakes
    /// Nil without any.
    private(set) var balancers: Balancers?
    var followers: Followers
    var taken: TakenBytes
    var takenByLinks: TakenBytes
    private var servedUpTo: UInt64 = 0
    /// Where the text of WebSockets is unmasked.
    var frameScratch: [UInt8] = []
    /// What reads their compressed messages.
    private lazy var inflater = Inflater()
    var inflation: FrameReader.Inflation {
        FrameReader.Inflation(inflater, textBytes: clientLines.resuming, readBytes: Settings.inflatedBytes)
    }
    /// Connections with something to send at the end of this turn.
    private var listed: Deque<Connection> = []
    /// Connections whose last word is said.
    var toEnd: [Connection] = []
    /// Connections that may be read from again, the longest waiting first.
    private var resumed: Deque<Connection> = []

    private var events: Deque<Event> = []
    private var effects: [Effect] = []
    private var isHandling = false
    /// Whether events have been handled since the last end of a turn.
    private var isDirty = true
    private var isTimeDue = false
    var connectionAdmission: ConnectionAdmission
    var stopReason: StopReason?
    private var hasStopped = false
    private(set) var turns: TurnTimes
    private(set) var deliveries = Deliveries()
    /// What monitoring is told; nil if nobody asks.
    let metrics: NodeMetrics?
    private let isMetricsPushed: Bool
    private(set) var admin: AdminServer?
    var treeQuestions = TreeQuestionsAsked()
    /// How often the secrets were to be read again.
    var secretReadings = 0
    /// Nil if the secret is in no file.
    var secretReading: FileReading?
    /// Nil if the node was started without a file of settings.
    var settingsReading: FileReading?
    /// Milliseconds of the wall clock.
    let startedAt = Loop.wallMilliseconds

    /// - Parameters:
    ///   - data: where the node's identity, the addresses it knows and the accounts are kept; nil keeps nothing.
    ///   - accounts: what is in there.
    ///   - bans: the same.
    ///   - certificates: nil for a node without TLS for clients.
    ///   - monitoring: who may know how the node is.
    public init(
        configuration: Configuration, settings: Settings, data: (directory: DataDirectory, store: AccountStore)?,
        accounts: Accounts? = nil, bans: Bans = Bans(), certificates: Certificates? = nil, linkKeys: LinkKeys,
        resumeTokenKeys: ResumeTokenKeys = ResumeTokenKeys(), tokens: TokenAuthority? = nil,
        monitoring: Monitoring = Monitoring(),
        on loop: Loop,
        logger: Logger
    ) {
        self.settings = settings
        secretReading = settings.rereadSecrets.map { _ in FileReading() }
        self.certificates = certificates
        self.tokens = tokens
        web = WebService(
            origins: WebOrigins(settings.webOrigins, host: configuration.address.host), files: settings.webFiles,
            offersCompression: settings.webCompression)
        self.linkKeys = linkKeys
        self.resumeTokenKeys = resumeTokenKeys
        handshakes = Handshakes(limit: settings.handshakes, sharing: settings.sharing)
        self.data = data
        self.loop = loop
        self.logger = logger
        notices = NoticeLog(logger)
        turns = TurnTimes(loop)
        followers = Followers(
            lagBytes: settings.lagBytes,
            compressed: settings.webCompression ? CompressedPieces(mostBytes: Settings.compressedBytes) : nil)
        taken = TakenBytes(within: settings.takenWithin)
        loud = LoudClients(settings.sharing, on: loop)
        takenByLinks = TakenBytes(within: settings.linkTakenWithin)
        connectionAdmission = ConnectionAdmission(settings.descriptorBudget)
        node = Node(configuration: configuration, format: EntryLines(), accounts: accounts, bans: bans, at: Self.moment)
        let registry = monitoring.admin.map { _ in OpenMetricsRegistry(MetricCatalogue.families) }
        metrics = monitoring.metrics(registry)
        isMetricsPushed = monitoring.backend != nil
        if let access = monitoring.admin, let registry, let metrics {
            admin = AdminServer(
                self, AdminAccess(token: access.token, hasTLS: certificates != nil), registry, metrics)
        }
    }

    /// The moment of the present read. All messages of one read are handled at the same moment, so both clocks are read
    /// once.
    private var readAt: Moment?

    private static var moment: Moment {
        Moment(
            instant: Instant(nanoseconds: Loop.monotonicNanoseconds), wallMilliseconds: Loop.wallMilliseconds)
    }

    // MARK: Running

    /// Begins to serve, and to take part in the tree.
    ///
    /// - Parameters:
    ///   - listener: the listening socket; `accept` has to be called with its connections.
    ///   - adminListener: the same for the admin port, for `acceptAdmin`; nil without one.
    public func start(listener: Listener, adminListener: Listener? = nil) {
        self.listener = listener
        if let adminListener { admin?.start(adminListener, on: loop) }
        listener.setNoDelay()
        listener.setSendBuffer(bytes: settings.sendBufferBytes)
        listener.setLiveness(settings.liveness)
        listener.failed = { [unowned self] error in
            logger[.acceptFailed].warning("cannot accept a connection: \(error)")
        }
        hooks = [
            TurnHook(on: loop, kind: .beforePolling) { [unowned self] in
                endTurn()
                let report = turns.ended(loop)
                metrics?.turnEnded(nanoseconds: turns.lastNanoseconds)
                if let report {
                    post(.counted(counts))
                    post(.workCounted(work))
                    post(.turnsMeasured(report))
                    if isMetricsPushed, let metrics { publish(metrics) }
                }
            },
            TurnHook(on: loop, kind: .afterPolling) { [unowned self] in endTurn() },
        ]
        busyLoop = BusyLoop(on: loop)
        timer = Timer(on: loop) { [unowned self] in timerFired() }
        beginChecks()
        unfinished = UnfinishedLines(
            on: loop, limitBytes: settings.unfinishedBytes, patience: settings.linePatience
        ) { [unowned self] in connections[$0]?.refuse($1) }
        linkKeys.accept(
            [node.configuration.ownSecret] + [node.configuration.otherOwnSecret].compactMap(\.self))
        dialler = Dialler(on: loop, to: .nodes, keys: linkKeys, takesPlain: settings.takesPlainLinks) {
            [unowned self] attempt, result in dialled(attempt, result)
        }
        hashing = HashWork(on: loop, refused: notices.hashRefused) { [unowned self] in post($0) }
        if let data {
            keeping = DataKeeping(on: loop, data.directory, data.store, logger) { [unowned self] in post($0) }
        }
        if !settings.clocks.isEmpty {
            clock = ClockClient(
                settings.clocks, on: loop, keys: linkKeys,
                proving: settings.clockSecret ?? node.configuration.parentSecret,
                takesPlain: settings.takesPlainLinks, patience: settings.clockPatience
            ) { [unowned self] in
                notices.log($0)
            } done: { [unowned self] in
                post($0)
            }
        }
        beginSeedNames()
        for certificates in [certificates, linkKeys.certificates] { certificates?.start(on: loop, logger) }
        handshakeCheck = Timer(on: loop) { [unowned self] in endLateHandshakes() }
        handshakeCheck?.start(after: Settings.unfinishedLook, repeating: Settings.unfinishedLook)
        tokens?.start(on: loop, logger) { [unowned self] in post($0) }
        if !settings.proxyFrom.isEmpty {
            balancers = Balancers(settings.proxyFrom, limit: settings.proxyHeaders, for: self)
        }
        endTurn()
    }

    /// Makes the page with the settings of this node, without secrets.
    var tellSettings: (() -> String)?

    /// Whether the node has found its position: as a root, or below another node.
    public var hasPosition: Bool { node.hasPosition }

    /// Called once, when the node is done.
    public var stopped: ((StopReason) -> Void)?

    /// Closes everything. Bytes already written to connections are still sent, unless `manner` is `now`.
    public func close(_ manner: CloseManner) {
        hasStopped = true
        admin?.close()
        for connection in connections.all { connection.close(manner) }
        listener?.close()
        for hook in hooks { hook.close() }
        for timer in [timer, stallCheck, linkCheck] { timer?.close() }
        loud.close()
        unfinished?.close()
        busyLoop?.close()
        dialler?.close()
        hashing?.close()
        clock?.close()
        seedNames?.close()
        keeping?.close()
        certificates?.close()
        balancers?.close()
        tokens?.close()
        handshakeCheck?.close()
        linkKeys.close()
        hooks = []
        // The closure most likely holds this server.
        stopped = nil
    }

    func add(_ stream: Stream, isDialled: Bool = false) -> Connection {
        connections.add { Connection(id: $0, stream: stream, server: self, isDialled: isDialled) }
    }

    // MARK: Events

    /// Lets the node handle an event: at once, or after the one that is being handled.
    func post(_ event: Event) {
        events.append(event)
        isDirty = true
        guard !isHandling else { return }
        isHandling = true
        while let event = events.popFirst() {
            node.handle(event, at: readAt ?? Self.moment, into: &effects)
            for effect in effects { perform(effect) }
            effects.removeAll(keepingCapacity: true)
        }
        isHandling = false
    }

    /// All events that `body` posts are handled at the same moment.
    func atOneMoment(_ body: () -> Void) {
        guard readAt == nil else { return body() }
        readAt = Self.moment
        body()
        readAt = nil
    }

    /// libuv runs timers before it reads sockets. The event is put off until they have been read, so that no peer is
    /// called silent whose message came in time.
    private func timerFired() {
        isTimeDue = true
        busyLoop?.start()
    }

    private func endTurn() {
        guard !hasStopped else { return }
        if isTimeDue || node.nextDeadline.map({ $0 <= Self.moment.instant }) == true {
            isTimeDue = false
            post(.timePassed)
        }
        let deadline = Loop.monotonicNanoseconds + settings.sliceNanoseconds
        while let connection = resumed.popFirst() {
            connection.resume()
            if Loop.monotonicNanoseconds > deadline { break }
        }
        endCalls()
        if isDirty {
            isDirty = false
            post(.turnEnded)
            isDirty = false
            metrics?.turnHandled(
                stored: node.log.stored.value, safe: node.log.safe.value, at: Loop.monotonicNanoseconds)
        }
        flush()
        loud.turnEnded(listeners: followers.count, waiting: followers.waiting)
        // Behind what others have said and heard.
        let canShakeMore = beginHandshakes()
        if let stopReason {
            hasStopped = true
            stopped?(stopReason)
            return
        }
        wakeInTime(canShakeMore)
    }

    private func wakeInTime(_ canShakeMore: Bool) {
        let hasWork =
            followers.hasWork || isDirty || !resumed.isEmpty || !listed.isEmpty || canShakeMore || !toEnd.isEmpty
        if hasWork { busyLoop?.start() } else { busyLoop?.stop() }
        guard let deadline = node.nextDeadline else {
            timer?.stop()
            return
        }
        let now = Self.moment.instant
        timer?.start(after: deadline > now ? deadline - now : .zero)
    }

    // MARK: Flushing

    private func flush() {
        for connection in listed where connection.isPreferred { connection.flush() }
        let answersEnd = Loop.monotonicNanoseconds + settings.sliceNanoseconds
        while let connection = listed.popFirst() {
            if connection.isListed { connection.flush() }
            if Loop.monotonicNanoseconds > answersEnd { break }
        }
        // A client's answers are sent before the lines that it follows.
        guard listed.isEmpty else { return }
        let readable = node.readableEnd
        if readable > servedUpTo || followers.hasWork {
            if readable > servedUpTo {
                followers.beginSweep()
                deliveries.shown(upTo: node.shownPosition, by: followers.count)
            }
            servedUpTo = readable
            let deadline = Loop.monotonicNanoseconds + settings.sliceNanoseconds
            for connection in followers.serve(node, connections, upTo: readable, until: deadline) {
                post(.fellBehind(connection.id))
            }
        }
    }

    func enqueueResumed(_ connection: Connection) { resumed.append(connection) }

    func list(_ connection: Connection) {
        guard !connection.isListed else { return }
        connection.isListed = true
        listed.append(connection)
    }

    func drained(_ connection: Connection) {
        if connection.isListed { connection.flush() }
        followers.advance(connection, node, upTo: servedUpTo)
    }

    /// No more events of this connection follow.
    func forget(_ connection: Connection) {
        connections.remove(connection.id)
        unfinished?.forget(connection.id)
        taken.forget(connection.id)
        takenByLinks.forget(connection.id)
        followers.remove(connection)
        handshakes.ended(connection.id)
        balancers?.forget(connection.id)
        connection.traffic?.call?.giveUpWaiting()
        dialler?.ended(connection.id)
    }
}
