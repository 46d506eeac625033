import Statistics
import Tree
import UV
import Wire

/// What `coppice account storm` has to do.
public struct StormSettings {
    public var server = Address(host: "localhost", port: 3780)
    /// How many accounts log in again and again. They are registered first.
    public var accounts = 100
    public var loginsPerSecond = 5000
    public var seconds = 10
    /// How many clients are logged in all the time.
    public var listeners = 10_000
    /// How many messages a second one of these clients sends.
    public var messagesPerSecond = 50

    public init() {}
}

/// A storm of logins on one node: known accounts log in, each on a connection of its own, while other clients are
/// connected and one of them sends messages.
public final class LoginStorm {
    private let loop: Loop
    private let settings: StormSettings
    /// The addresses of the name; only the one that has worked, once one has.
    private var addresses: [SocketAddress] = []
    private var timer: Timer?
    private var visitors: [ObjectIdentifier: StormVisitor] = [:]
    private var speaker: StormVisitor?
    private var ready = 0
    private var started = 0
    private var done = 0
    private var failed = 0
    private var heard = 0
    private var latencies = Latencies()
    private var beganAt: UInt64 = 0
    private var ticks = 0
    private var status: Int32 = 0

    /// - Returns: the exit status: 0 if every login succeeded.
    public static func run(_ settings: StormSettings) -> Int32 {
        guard let loop = try? Loop() else { return 1 }
        _ = Descriptors.raiseLimit()
        let storm = LoginStorm(on: loop, settings)
        storm.start()
        loop.run()
        loop.close()
        return storm.status
    }

    private init(on loop: Loop, _ settings: StormSettings) {
        self.loop = loop
        self.settings = settings
    }

    private func start() {
        timer = Timer(on: loop) { [unowned self] in tick() }
        _ = Resolver.resolve(host: settings.server.host, port: settings.server.port, on: loop) { [self] result in
            do throws(UVError) { addresses = try result.get() } catch {
                return end("\(error.words(connectingTo: settings.server.host)); check -rh/--host")
            }
            register(0)
        }
    }

    // MARK: Before

    /// Registers one account after the other, since each costs a hash. An account that exists already is fine.
    private func register(_ number: Int) {
        guard number < settings.accounts else { return listen() }
        visit(.register(username: "storm\(number)", secret: Secret("secret\(number)"))) {
            [self] visitor, line in
            visitor.leave()
            guard line != nil else {
                return end("the node does not register accounts; check -rh/--host and -rp/--port")
            }
            logIn(number, measured: false) { [self] in register(number + 1) }
        }
    }

    private func listen() {
        guard settings.listeners > 0 else { return storm() }
        // At most a hundred connections are begun together, so that no queue of the kernel overflows.
        for _ in 0..<min(100, settings.listeners) { listenOnce() }
    }

    private func listenOnce() {
        guard started < settings.listeners else { return }
        started += 1
        visit(.login(Login(username: Login.anonymous))) { [self] visitor, line in
            guard let line, case .loginSuccess = ServerMessage(line: line) else {
                return end("a client was not let in")
            }
            visitor.heard = { [unowned self] in heard += $0 }
            speaker = speaker ?? visitor
            ready += 1
            if ready == settings.listeners { storm() } else { listenOnce() }
        }
    }

    // MARK: The storm

    private func storm() {
        StandardOutput.write("\(ready) clients are logged in, and \(settings.accounts) accounts known\n")
        beganAt = Loop.monotonicNanoseconds
        started = 0
        timer?.start(after: .milliseconds(5))
    }

    private func tick() {
        let elapsed = Loop.monotonicNanoseconds - beganAt
        let due = min(
            settings.loginsPerSecond * settings.seconds,
            Int(elapsed / 1000) * settings.loginsPerSecond / 1_000_000)
        while started < due {
            started += 1
            logIn(started % settings.accounts, measured: true) { [self] in finishIfDone() }
        }
        let messages = Int(elapsed / 1_000_000) * settings.messagesPerSecond / 1000
        while ticks < messages, let speaker {
            ticks += 1
            let activity = Array("{\"n\":\(ticks)}".utf8)
            speaker.send(.activity(ActivityMessage(username: Login.anonymous, secret: nil, text: activity)))
        }
        if elapsed > UInt64(settings.seconds + 10) * 1_000_000_000 { return report() }
        timer?.start(after: .milliseconds(5))
    }

    private func logIn(_ number: Int, measured: Bool, then: @escaping () -> Void) {
        let began = Loop.monotonicNanoseconds
        visit(.login(Login(username: "storm\(number)", secret: Secret("secret\(number)")))) { [self] visitor, line in
            if let line, case .loginSuccess = ServerMessage(line: line) {
                if measured { latencies.record(nanoseconds: Loop.monotonicNanoseconds - began) }
            } else {
                failed += 1
            }
            if measured { done += 1 }
            visitor.logOut()
            then()
        }
    }

    private func finishIfDone() {
        if done == settings.loginsPerSecond * settings.seconds { report() }
    }

    private func report() {
        guard beganAt > 0 else { return }
        let took = Loop.monotonicNanoseconds - beganAt
        let perSecond = latencies.count * 1_000_000 / max(1, Int(took / 1000))
        StandardOutput.write(
            """
            \(latencies.count) logins in \(took / 1_000_000) ms: \(perSecond) a second, \(failed) failed
            connecting and logging in: median \(latencies.percentile(50)) us, 99 % \(latencies.percentile(99)) us, \
            longest \(latencies.longestMicroseconds) us
            \(ticks) messages were said meanwhile, \(heard) bytes heard

            """)
        beganAt = 0
        end(failed > 0 || done < settings.loginsPerSecond * settings.seconds ? "not every login succeeded" : nil)
    }

    private func end(_ complaint: String?) {
        if let complaint {
            StandardError.write("Error: \(complaint)\n")
            status = 1
        }
        timer?.close()
        timer = nil
        for visitor in visitors.values { visitor.close() }
        visitors.removeAll()
    }

    // MARK: Visitors

    private func visit(_ greeting: Message, answered: @escaping (StormVisitor, [UInt8]?) -> Void) {
        guard timer != nil else { return }
        let visitor = StormVisitor(on: loop, at: addresses, greeting, answered: answered)
        if addresses.count > 1 {
            visitor.reached = { [unowned self] in addresses = $0.peer.map { [$0] } ?? addresses }
        }
        visitors[ObjectIdentifier(visitor)] = visitor
        visitor.gone = { [unowned self, unowned visitor] in visitors[ObjectIdentifier(visitor)] = nil }
    }
}

/// A connection that sends one line, and passes on the first line that comes back.
private final class StormVisitor: StreamHandler {
    private var attempt: Dial?
    private var stream: Stream?
    private var answered: ((StormVisitor, [UInt8]?) -> Void)?
    private var partial: [UInt8] = []
    var heard: ((Int) -> Void)?
    var reached: ((Stream) -> Void)?
    var gone: (() -> Void)?

    init(
        on loop: Loop, at addresses: [SocketAddress], _ greeting: Message,
        answered: @escaping (StormVisitor, [UInt8]?) -> Void
    ) {
        self.answered = answered
        attempt = Stream.connect(on: loop, toOneOf: addresses, timeout: .seconds(5)) { [unowned self] result in
            attempt = nil
            guard case .success(let stream) = result else { return tell(nil) }
            self.stream = stream
            reached?(stream)
            stream.handler = self
            stream.setNoDelay()
            stream.startReading()
            send(greeting)
        }
    }

    func send(_ message: Message) {
        stream?.write(Encoding.line(of: message))
    }

    private func tell(_ line: [UInt8]?) {
        let tell = answered
        answered = nil
        tell?(self, line)
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {
        guard answered != nil else {
            heard?(bytes.byteCount)
            return
        }
        bytes.withUnsafeBytes { partial.append(contentsOf: $0) }
        guard let end = partial.firstIndex(of: UInt8(ascii: "\n")) else { return }
        let line = Array(partial[..<end])
        partial = []
        tell(line)
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        tell(nil)
        close()
    }

    /// Lets the node close, so that this side's port is free again at once.
    func logOut() { send(.logout) }

    func leave() { close() }

    func close() {
        attempt?.cancel()
        attempt = nil
        stream?.close()
        stream = nil
        answered = nil
        gone?()
    }
}
