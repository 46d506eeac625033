import DequeModule
import JSON
import Session
import TLS
import Tree
import UV
import Wire

/// The shell of one client: `ClientSession` with a socket and a timer. It lives on the thread of the clients.
///
/// While it runs, its timer or its connection holds it.
actor RunningClient {
    nonisolated let thread: LoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let options: ClientOptions
    private let context: TLSContext?
    private var session: ClientSession
    private var connection: LineConnection?
    /// Which connection it is. Each attempt has a number of its own.
    private var attempt: UInt64 = 0
    private var timer: Timer?
    /// What the timer waits for.
    private var timerDue: Instant?
    private var effects: [ClientSession.Effect] = []
    /// Lines that go out together at the end of the turn.
    private var unsent: [UInt8] = []

    private var events: Deque<ClientEvent> = []
    /// Who said what isn't safe, by the number of the message.
    private var receipts: [UInt64: PendingReceipt] = [:]
    /// Those who wait for the login, or the next event.
    private let news = Waiting()
    /// Those who want to say something, and have no room.
    private let room = Waiting()
    /// The program has asked for events. Until then none is waited for, and the oldest ones give way.
    private var listens = false
    private var skipped = 0
    /// The program takes events more slowly than they come, so nothing is read.
    private var isBehind = false
    private var hasStarted = false
    private var fault: ClientFault?

    init(_ servers: [Address], _ options: sending ClientOptions, _ context: sending TLSContext?) {
        thread = .shared
        self.options = options
        self.context = context
        session = ClientSession(
            options.identity, at: servers, registers: options.registers, limits: options.limits,
            mutation: options.mutation
        ) { Double.random(in: 0..<1) }
    }

    private var hasEnded: Bool { session.state == .ended }
    private var now: Instant { Instant(nanoseconds: Loop.monotonicNanoseconds) }

    // MARK: What the program asks

    var name: String { session.name }

    var server: String? { session.isOnline ? session.currentAddress.map { "\($0)" } : nil }

    var countUnsafe: Int { session.underWay.count }

    func connect() async throws {
        if !hasStarted {
            hasStarted = true
            handle(.started)
        }
        do {
            while !session.hasLoggedIn, !hasEnded { try await news.takePlace().wait() }
        } catch {
            close()
            throw error
        }
        if !session.hasLoggedIn { throw end }
    }

    /// Why nothing more can be said.
    private var end: ClientFault { fault ?? ClientFault(.closed, "the client is closed") }

    func post(_ activity: [UInt8]) async throws -> PendingReceipt {
        guard hasStarted else { throw ClientFault(.closed, "the client is not connected") }
        if !session.hasRoom || !room.isEmpty {
            repeat { try await room.takePlace().wait() } while !session.hasRoom && !hasEnded
        }
        guard !hasEnded else { throw end }
        let pending = PendingReceipt()
        let number: UInt64
        do throws(TooLong) {
            number = try session.say(activity, at: now, into: &effects)
        } catch {
            // The room is for the next one.
            room.wakeNext()
            throw ClientFault(error)
        }
        receipts[number] = pending
        perform()
        return pending
    }

    func next() async throws -> ClientEvent? {
        listens = true
        if skipped > 0 {
            defer { skipped = 0 }
            return .skipped(Skipped(count: skipped))
        }
        while true {
            if let event = events.popFirst() {
                if isBehind, events.count <= options.queue / 2 { readFurther() }
                return event
            }
            if hasEnded {
                guard let fault else { return nil }
                throw fault
            }
            try await news.takePlace().wait()
        }
    }

    func flush() async throws {
        while countUnsafe > 0, !hasEnded { try await news.takePlace().wait() }
        if let fault { throw fault }
    }

    func close() {
        guard !hasEnded else { return }
        handle(.closed)
    }

    // MARK: The session

    private func handle(_ event: ClientSession.Event) {
        session.handle(event, at: now, into: &effects)
        perform()
    }

    private func perform() {
        let taken = effects
        effects.removeAll(keepingCapacity: true)
        for effect in taken {
            switch effect {
            case .connect(let address): connect(to: address)
            case .send(let line): send(line)
            case .disconnect: disconnect()
            case .tell(let telling): events.append(ClientEvent(telling))
            case .resolve(let receipt):
                receipts.removeValue(forKey: receipt.sequence)?.settle(.success(Receipt(receipt)))
            case .refuse(let message, let refusal):
                receipts.removeValue(forKey: message.sequence)?.settle(.failure(ClientFault(refusal)))
            case .remark: break
            case .end(let fault): finish(fault)
            }
        }
        guard !taken.isEmpty else { return setTimer() }
        if events.count > options.queue { overflow() }
        setTimer()
        news.wakeAll()
        if hasEnded { room.wakeAll() } else if session.hasRoom { room.wakeNext() }
    }

    private func finish(_ fault: ClientFault?) {
        self.fault = fault
        timer?.close()
        timer = nil
        if !unsent.isEmpty { connection?.send(unsent) }
        unsent = []
        connection?.finish(within: .seconds(1))
        connection = nil
    }

    /// Most deadlines move on with each line. A timer that comes too early finds nothing to do, and is set anew.
    private func setTimer() {
        guard !hasEnded, let deadline = session.nextDeadline else { return }
        if let timerDue, timerDue <= deadline { return }
        if timer == nil {
            // The timer holds the client: it is closed when the session ends.
            timer = Timer(on: thread.loop) { [self] in timePassed() }
        }
        timerDue = deadline
        timer?.start(after: deadline - now)
    }

    private func timePassed() {
        timerDue = nil
        handle(.timePassed)
    }

    // MARK: Events

    private func overflow() {
        if listens, !isBehind {
            isBehind = true
            connection?.pause()
            session.handle(.reading(false), at: now, into: &effects)
        }
        while !listens, events.count > options.queue {
            events.removeFirst()
            skipped += 1
        }
    }

    private func readFurther() {
        isBehind = false
        session.handle(.reading(true), at: now, into: &effects)
        connection?.resume()
        perform()
    }

    // MARK: The connection

    private func connect(to address: Address) {
        disconnect()
        attempt += 1
        let number = attempt
        // The connection calls back on the thread, and no longer than this client holds it.
        let report: (LineConnection.Event) -> Void = { [unowned self] event in happened(event, number) }
        connection = LineConnection(
            on: thread.loop, to: address, connectTimeout: options.limits.connectTimeout,
            limitBytes: LineConnection.usualLineBytes, tls: context, happened: report)
        if isBehind { connection?.pause() }
    }

    private func happened(_ event: LineConnection.Event, _ number: UInt64) {
        guard number == attempt else { return }
        switch event {
        case .connected: connected(number)
        case .line(let line): handle(.received(ServerMessage(line: line)))
        case .ended(let failure):
            connection = nil
            unsent = []
            handle(.disconnected(reason: failure.words))
        }
    }

    private func connected(_ number: UInt64) {
        switch options.user {
        case .anonymous, .named: handle(.connected())
        case .token(let token): handle(.connected(token: Secret(token)))
        case .fetchedToken(let fetch):
            Task {
                do {
                    let token = try await fetch()
                    if number == attempt { handle(.connected(token: Secret(token))) }
                } catch {
                    noToken("\(error)", number)
                }
            }
        }
    }

    private func noToken(_ reason: String, _ number: UInt64) {
        guard number == attempt, connection != nil else { return }
        disconnect()
        handle(.disconnected(reason: "there is no token: \(reason)"))
    }

    private func disconnect() {
        unsent = []
        connection?.close()
        connection = nil
    }

    private func send(_ line: [UInt8]) {
        if unsent.isEmpty { thread.finishTurn { [self] in sendAll() } }
        unsent += line
    }

    private func sendAll() {
        guard !unsent.isEmpty else { return }
        connection?.send(unsent)
        unsent.removeAll(keepingCapacity: true)
    }
}

extension ClientFault {
    init(_ fault: TooLong) {
        self.init(.tooLong, "the message has \(fault.bytes) bytes, and the server takes \(fault.limitBytes)")
    }

    init(_ refusal: ClientSession.Refusal) {
        switch refusal {
        case .tooLong(let fault): self.init(fault)
        case .byServer(let info): self.init(.messageRefused, info)
        case .ended(let fault?): self = fault
        case .ended(nil):
            self.init(.closed, "the client was closed before the message was known to be safe")
        }
    }
}
