import LogLines
import Logging
import Secrets
import Tree
import UV

/// One of several clocks: the shell around a `Contender`. Its askers come through the desk, its bound is kept in etcd.
final class SharedClock: StampAuthority {
    private let log: Logger
    private let etcd: EtcdClient
    private let timer: Timer
    private var contender: Contender
    private var effects: [Contender.Effect] = []
    private var events: [Contender.Event] = []
    private var isHandling = false
    private var ended: (() -> Void)?
    private var hasEnded = false
    private let limits: ClockLimits
    private var lastComplaint = "no answer"
    private weak var desk: (any StampDesk)?

    /// - Parameter address: the address that the clock listens on.
    init(_ settings: EtcdSettings, at address: SocketAddress, on loop: Loop, limits: ClockLimits, log: Logger) {
        self.log = log
        self.limits = limits
        let me = ClockID(randomToken())
        let reached = Address(host: settings.hostname ?? address.host, port: address.port)
        etcd = EtcdClient(
            settings.members, EtcdCoding(prefix: settings.prefix, me: me, address: reached), on: loop, limits: limits)
        contender = Contender(me, at: Moment.now, randomSeed: randomUInt64(), limits: limits)
        var due: (() -> Void)?
        timer = Timer(on: loop) { due?() }
        due = { [unowned self] in handle(.due) }
    }

    func begin(for desk: any StampDesk) {
        self.desk = desk
        handle(.due)
    }

    func asked(_ asker: ConnectionID, count: Int, seen: Stamp?, host: String) {
        handle(.asked(asker, count: count, seen: seen, host: host))
    }

    func left(_ asker: ConnectionID) {
        handle(.left(asker))
    }

    func end(_ done: @escaping () -> Void) {
        ended = done
        handle(.endRequested)
    }

    func release() {}

    /// Handles one event, then performs all its effects. An event that an effect causes is queued and handled
    /// afterwards.
    private func handle(_ event: Contender.Event) {
        guard !hasEnded else { return }
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty, !hasEnded {
            contender.handle(events.removeFirst(), at: Moment.now, into: &effects)
            let ordered = effects
            effects.removeAll(keepingCapacity: true)
            ordered.forEach(perform)
        }
        isHandling = false
        guard !hasEnded, let deadline = contender.nextDeadline else { return }
        timer.start(after: max(.zero, deadline - Moment.now.instant))
    }

    private func perform(_ effect: Contender.Effect) {
        switch effect {
        case .request(let id, let request): ask(id, request)
        case .answer(let asker, let batch, let epoch, let deadline):
            // The deadline is checked as late as possible: the process may have been stopped since the batch was taken.
            guard Moment.now.instant < deadline else { return handle(.due) }
            desk?.answer(asker, batch, epoch: epoch)
        case .refuse(let asker, let refusal): desk?.refuse(asker, refusal)
        case .sendAway(let asker, let leader): desk?.sendAway(asker, leader: leader)
        case .sendEverybodyAway: desk?.sendEverybodyAway()
        case .report(let notice): report(notice)
        case .ended:
            hasEnded = true
            timer.close()
            etcd.close()
            ended?()
        }
    }

    private func ask(_ id: RequestID, _ request: EtcdRequest) {
        etcd.ask(request) { [unowned self] outcome in
            switch outcome {
            case .answered(let answer): handle(.answered(id, answer))
            case .unreadable: handle(.unreadable(id))
            case .unanswered(let why):
                lastComplaint = why
                log[.etcdDetail].debug("etcd: \(why)")
                handle(.unanswered(id))
            }
        }
    }

    private func report(_ notice: Contender.Notice) {
        switch notice {
        case .leads(let epoch, let ahead):
            log[.leads].notice("leads: hands out stamps from now on", metadata: ["epoch": "\(epoch)"])
            if ahead > limits.aheadToTell {
                let seconds = ahead.wholeMilliseconds / 1000
                log[.wallClockBehind].warning(
                    "the wall clock is \(seconds) s behind earlier stamps; stamps go on from those")
            }
        case .follows(let leader): log[.standsBy].notice("stands by: \(leader) leads")
        case .steppedDown(let reason): log[.leadsNoMore].warning("leads no more: \(reason.words)")
        case .etcdSilent:
            log[.etcdSilent].warning(
                "etcd doesn't answer: \(lastComplaint); check --etcd", metadata: ["fault": "etcd is silent"])
        case .etcdAnswers: log[.etcdAnswers].notice("etcd answers again")
        case .unreadable:
            log[.etcdForeign].error(
                "the keys in etcd are no clock's, and no stamps are handed out: check --etcd-prefix")
        }
    }
}

extension Contender.Reason {
    var words: String {
        switch self {
        case .leaseLost: "etcd has ended the lease"
        case .leaseNotRenewed: "the lease could not be renewed in time"
        case .deposed: "another clock has taken over"
        case .unreadable: "the keys in etcd are no clock's any more"
        case .ending: "it ends"
        }
    }
}
