import DequeModule
import Tree

/// A client: it connects, speaks, reads, loses its node and connects to another one.
///
/// A client that numbers its messages behaves like the project's own client. It resumes after the entries that it saw,
/// repeats messages that have not come back, and drops messages that it has seen under another id.
final class SimulatedClient {
    enum State {
        case absent
        /// The client calls a host again when its plan is due.
        case waiting
        case calling(Dial)
        /// The client waits for the answer to its registration or login.
        case greeting(End)
        case loggedIn(End)
    }

    unowned let world: World
    let index: Int
    let kind: ClientKind
    private(set) var state = State.absent
    private var chance: RandomNumbers
    /// The number of the present plan. Older plans are void.
    private var plan = 0
    private var servers: [Int] = []
    private(set) var host: Int?
    private(set) var isDozing = false
    private var greetedAt: UInt64 = 0

    // MARK: Sending

    private(set) var era = 0
    private(set) var said: [Saying] = []
    /// Messages that were not sent yet. For a client that numbers its messages: those that have not come back.
    private(set) var open: Deque<Int> = []
    private(set) var lastEcho: UInt64 = 0

    // MARK: Received messages

    private(set) var view = View()
    private(set) var hasView = false
    private(set) var logins = 0
    /// Whether its node gave up waiting for entries that this client saw elsewhere. Then no order is checked across
    /// the two nodes.
    private(set) var isOutOfOrder = false

    // MARK: Being sent on

    private(set) var redirectedAt: [UInt64] = []
    /// Since it last came on its own account.
    private var redirectsForThisLogin = 0
    private(set) var mostRedirectsForOneLogin = 0
    /// Full nodes that turned it away.
    private(set) var refusals = 0
    private var refusalsInARow: UInt64 = 0

    // MARK: Name and secret

    private(set) var isRegistered = false
    private(set) var wasToldRegistered = false
    /// Whether it was told that its name is banned, and has not got in since.
    private(set) var isBanned = false
    /// Whether another client has the name.
    private(set) var hasLostName = false
    private var secrets: SimulatedSecrets
    private var wantsNewSecret = false
    /// What it may show instead of its secret, and what it has shown so at its present or last login.
    private var token: Secret?
    private(set) var shownToken: Secret?

    init(world: World, index: Int) {
        self.world = world
        self.index = index
        kind = world.setting.kind(of: index)
        chance = RandomNumbers(world.setting.seed, 2, UInt64(index))
        secrets = SimulatedSecrets(client: index)
    }

    var numbers: Bool { kind != .base }
    var isPresent: Bool { if case .absent = state { false } else { true } }
    var isLoggedIn: Bool { if case .loggedIn = state { true } else { false } }
    var wantedName: String? { if case .named(let name) = kind { "n\(name)" } else { nil } }
    /// As the client spells it: one in three in another way, which is the same name.
    var name: String {
        guard !hasLostName, let wantedName else { return Login.anonymous }
        return index % 3 == 1 ? wantedName.uppercased() : wantedName
    }
    var secret: Secret? { name == Login.anonymous ? nil : secrets.next }
    var session: String { "c\(index).\(era)" }

    var end: End? {
        switch state {
        case .greeting(let end), .loggedIn(let end): end
        case .absent, .waiting, .calling: nil
        }
    }

    // MARK: Arriving and leaving

    func arrive(at host: Int) {
        guard case .absent = state else { return }
        call(host)
    }

    func depart() {
        drop()
        state = .absent
        plan += 1
        open.removeAll()
        // A client that comes back counts as a new one, which has seen nothing.
        beginAnew()
        era += 1
    }

    func move(to host: Int) {
        guard isPresent else { return }
        drop()
        call(host)
    }

    /// Changes the secret, on a new connection, as every client has to.
    func changeSecret(at host: Int) {
        guard isPresent, isRegistered, !hasLostName else { return }
        wantsNewSecret = true
        move(to: host)
    }

    func doze() { isDozing = true }

    /// Reads the packets that have piled up.
    func rouse() {
        guard isDozing else { return }
        isDozing = false
        guard let end else { return }
        world.hasUnread(end)
        world.network.relieve(world.network.ends[end.other])
    }

    private func drop() {
        switch state {
        case .calling(let dial): world.network.abandon(dial)
        case .greeting(let end), .loggedIn(let end): world.network.close(end, .now)
        case .absent, .waiting: break
        }
        if !numbers {
            era += 1
            beginAnew()
        }
    }

    private func beginAnew() {
        view = View()
        hasView = false
    }

    private func call(_ host: Int) {
        self.host = host
        state = .calling(world.network.dial(host, from: .client(index), attempt: AttemptID(0)))
        planNext(after: 1100 * millisecond)
    }

    private func callLater(_ range: ClosedRange<UInt64> = 20...600) {
        drop()
        state = .waiting
        planNext(after: chance.within(range) * millisecond)
    }

    private func callAnother() {
        redirectsForThisLogin = 0
        let known = world.hostsForClients
        let told = servers.filter { known.contains($0) && $0 != host }
        // A client that was turned away goes to a node with room.
        if !told.isEmpty, refusalsInARow > 0 || chance.happens(700) { return call(chance.pick(told)) }
        guard !known.isEmpty else { return callLater() }
        call(chance.pick(known))
    }

    private func planNext(after span: UInt64) {
        plan += 1
        world.plan(.client(index, plan: plan), after: span)
    }

    /// To be called when a plan is due.
    func planned(_ number: Int) {
        guard number == plan else { return }
        switch state {
        case .absent: break
        case .waiting: callAnother()
        case .calling(let dial):
            world.network.abandon(dial)
            callLater()
        case .greeting:
            if let host, world.hosts[host].isAwake { world.checks.waited(self, since: greetedAt) }
            callLater()
        case .loggedIn:
            // No own message has come back for very long: the node may be stopped.
            if !open.isEmpty, world.now - lastEcho > 20 * second { return callLater() }
            planNext(after: second)
        }
    }

    // MARK: The connection

    func connected(_ end: End) {
        guard case .calling = state else { return world.network.close(end, .now) }
        state = .greeting(end)
        greetedAt = world.now
        planNext(after: 12 * second)
        if wantedName != nil, !isRegistered, !hasLostName {
            send(.register(username: name, secret: secrets.first), on: end)
        } else if wantsNewSecret, let secret {
            send(
                .changeSecret(SecretChange(username: name, secret: secret, newSecret: secrets.request())), on: end)
        } else {
            logIn(on: end)
        }
    }

    func connectFailed() {
        guard case .calling = state else { return }
        callLater()
    }

    private func logIn(on end: End) {
        // Now and then it shows its secret all the same, as at a server that its user has named.
        shownToken = name == Login.anonymous || logins % 4 == 3 ? nil : token
        send(
            .login(
                Login(
                    username: name, secret: shownToken == nil ? secret : nil, resumeToken: shownToken,
                    since: numbers && hasView ? view.since(world.registry) : nil,
                    last: numbers ? view.lastKey : nil,
                    session: numbers ? session : nil, features: [Login.gapFeature], wasRedirected: wasRedirected)),
            on: end)
    }

    /// The project's own client tells this; a client of the base protocol tells nothing.
    private var wasRedirected: Bool {
        numbers && redirectedAt.last.map { world.now - $0 < 60 * second } ?? false
    }

    private func send(_ message: Message, on end: End) { world.network.send(.message(message), on: end) }

    // MARK: Saying

    func say(answering: Bool) {
        guard isPresent else { return }
        let answered = answering && !view.recent.isEmpty ? chance.pick(view.recent) : nil
        let saying = Saying(
            client: index, era: era, number: said.count + 1, answered: answered, padding: world.setting.padding)
        said.append(saying)
        open.append(saying.number)
        if open.count == 1 { lastEcho = world.now }
        if case .loggedIn(let end) = state { transmit(saying, on: end) }
    }

    private func transmit(_ saying: Saying, on end: End) {
        if !numbers { open.removeAll { $0 == saying.number } }
        send(
            .activity(
                ActivityMessage(
                    username: name, secret: shownToken == nil ? secret : nil, text: saying.text,
                    sequence: numbers ? UInt64(saying.number) : nil)),
            on: end)
    }

    // MARK: Receiving

    func received(_ packet: Packet, on end: End) {
        guard self.end === end else { return }
        switch packet {
        case .lines(let lines): for line in lines { read(line) }
        case .finish: callLater()
        case .garbage: preconditionFailure("a node never sends garbage")
        case .message(let message): received(message, on: end)
        }
    }

    private func received(_ message: Message, on end: End) {
        switch message {
        case .loginSuccess(let success):
            isBanned = false
            loggedIn(success, on: end)
        case .loginFailed(let info) where info.contains("is banned"),
            .registerFailed(let info) where info.contains("is banned"),
            .changeFailed(let info) where info.contains("is banned"):
            isBanned = true
            callLater(300...1500)
        case .authenticationFail(let refusal) where refusal.info.contains("is banned"):
            isBanned = true
            callLater(300...1500)
        case .loginFailed(let info):
            if info.contains("token is void") { token = nil }
            // Once the name was registered, only an earlier owner can have taken it over.
            if info.contains("wrong secret") { tryAnotherSecret() }
            callLater(300...1500)
        case .secretChanged:
            wantsNewSecret = false
            secrets.takeUpRequested()
            logIn(on: end)
        case .changeFailed(let info):
            wantsNewSecret = false
            if info.contains("secret is wrong") { tryAnotherSecret() }
            callLater(300...1500)
        case .registerSuccess:
            isRegistered = true
            wasToldRegistered = true
            logIn(on: end)
        case .registerFailed(let info):
            // The node can't store the account now. The client tries again, perhaps elsewhere.
            if info.contains("can't store") { return callLater() }
            // An earlier attempt may have succeeded. A login with the secret will show that.
            isRegistered = true
            callLater()
        case .redirect(let address, let token):
            if let token { self.token = token.secret }
            redirectedAt.append(world.now)
            redirectsForThisLogin += 1
            mostRedirectsForOneLogin = max(mostRedirectsForOneLogin, redirectsForThisLogin)
            drop()
            call(world.host(at: address)!)
        case .unavailable(_, let others):
            refusals += 1
            refusalsInARow += 1
            servers = others.compactMap { world.host(at: $0) }
            let longest = min(UInt64(100) << min(refusalsInARow, 10), 5000)
            callLater(longest / 2...longest)
        case .gap(let gap, _):
            world.checks.told(gap, self)
            view.skip(gap, world.registry)
        case .authenticationFail(let info) where info.info.contains("log in again"): callLater()
        case .authenticationFail:
            // If two clients registered one name, the earlier registration counts.
            if wantedName != nil { loseName() }
            callLater()
        default: callLater()
        }
    }

    /// Another secret may count at this node. If all were refused, the name belongs to another client.
    private func tryAnotherSecret() {
        if !secrets.tryAnother() { loseName() }
    }

    /// Continues as a client without a name that has said nothing yet.
    private func loseName() {
        guard !hasLostName else { return }
        hasLostName = true
        era += 1
        open.removeAll()
    }

    private func loggedIn(_ success: LoginSuccess, on end: End) {
        secrets.accepted()
        refusalsInARow = 0
        token = success.resumeToken?.secret
        servers = success.servers.compactMap { world.host(at: $0) }
        if !hasView {
            view.begin(success.vector, world.registry)
            for component in world.network.ends[end.other].leftOut {
                view.beginAfter(world.registry.number(of: component.origin), component.sequence)
            }
            hasView = true
        }
        world.checks.noteForgotten(self)
        state = .loggedIn(end)
        lastEcho = world.now
        world.trace.remark(world.now, "c\(index) logged in at h\(host ?? -1), \(open.count) open")
        planNext(after: second)
        logins += 1
        for number in Array(open) { transmit(said[number - 1], on: end) }
    }

    private func read(_ line: Line) {
        guard let saying = world.checks.shown(line, to: self) else { return }
        view.see(saying, login: logins)
        world.narration?.reads(index, saying.name)
        if saying.client == index, numbers {
            open.removeAll { $0 == saying.number }
            lastEcho = world.now
        }
    }

    /// To be called when the client was shown a line, even if the client drops it.
    func sawPlace(_ key: OrderKey) { view.sawPlace(key) }

    func passed(_ number: Int, _ sequence: UInt64) { view.passed(number, sequence) }

    /// To be called when its node doesn't wait any longer for entries that this client saw elsewhere.
    func losesOrder() { isOutOfOrder = true }

    /// To be called when the client notices that its node's machine has vanished.
    func noticesSilence() {
        if end != nil { callLater() }
    }
}
