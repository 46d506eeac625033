import HTTP
import UV

/// Where the clocks' etcd is.
public struct EtcdSettings: Sendable {
    /// The URLs of its members, for clients: `http://HOST:2379`.
    public var members: [String]
    /// Of the keys; clocks with the same prefix are clocks of one network.
    public var prefix = "coppice/clock"
    /// The host at which the nodes reach this clock; `nil` for the address that it listens on.
    public var hostname: String?

    public init(members: [String]) {
        self.members = members
    }
}

/// Asks etcd: one member first, and the next ones too when it takes long. The first answer counts.
///
/// A member that has lost its leader keeps a request for seven seconds before it says so, while the others may be well;
/// so waiting for one alone would take longer than a lease. A request may thus be carried out by several members, or by
/// none: whoever asks has to be content with that, and the `Contender` is.
final class EtcdClient {
    enum Outcome {
        case answered(EtcdAnswer)
        case unanswered(why: String)
        case unreadable
    }

    private final class Question {
        let request: EtcdRequest
        let body: [UInt8]
        /// Members that are still to be asked, the next one first.
        var rest: ArraySlice<Int>
        var underWay: [HTTPRequest] = []
        var complaints: [String] = []
        var timer: Timer?
        let done: (Outcome) -> Void
        let deadline: UInt64

        init(
            _ request: EtcdRequest, _ body: [UInt8], members: [Int], deadline: UInt64, done: @escaping (Outcome) -> Void
        ) {
            self.request = request
            self.body = body
            rest = members[...]
            self.deadline = deadline
            self.done = done
        }
    }

    private let loop: Loop
    private let members: [String]
    private let coding: EtcdCoding
    private let limits: ClockLimits
    private let http: HTTPClient
    private var questions: [Question] = []
    /// The member that answered last: it is asked first.
    private var favourite = 0

    init(_ members: [String], _ coding: EtcdCoding, on loop: Loop, limits: ClockLimits) {
        self.members = members
        self.coding = coding
        self.loop = loop
        self.limits = limits
        http = HTTPClient(on: loop)
    }

    /// - Parameter done: called once from the loop, within `ClockLimits.etcdPatience`; not after `close`.
    func ask(_ request: EtcdRequest, done: @escaping (Outcome) -> Void) {
        let order = members.indices.map { (favourite + $0) % members.count }
        let deadline = Loop.monotonicNanoseconds + limits.etcdPatience.waitNanoseconds
        let question = Question(request, coding.body(of: request), members: order, deadline: deadline, done: done)
        questions.append(question)
        question.timer = Timer(on: loop) { [unowned self, unowned question] in askNext(question) }
        askNext(question)
    }

    private func askNext(_ question: Question) {
        guard let member = question.rest.popFirst() else { return }
        question.timer?.start(after: limits.nextMemberAfter)
        let now = Loop.monotonicNanoseconds
        let left = Duration.nanoseconds(question.deadline > now ? Int64(question.deadline - now) : 1_000_000)
        let request = http.post(
            question.body, to: members[member] + coding.path(of: question.request), patience: left,
            limitBytes: limits.etcdAnswerBytes
        ) { [unowned self, unowned question] in ended(question, member, $0) }
        question.underWay.append(request)
    }

    private func ended(_ question: Question, _ member: Int, _ result: Result<HTTPAnswer, HTTPError>) {
        switch result {
        case .failure(let error): question.complaints.append("\(members[member]): \(error)")
        case .success(let answer):
            switch coding.reading(answer.status, answer.body, of: question.request) {
            case .answer(let answer):
                favourite = member
                return settle(question, .answered(answer))
            case .unreadable: return settle(question, .unreadable)
            case .nothing(let why): question.complaints.append("\(members[member]): \(why)")
            }
        }
        if question.complaints.count == members.count {
            settle(question, .unanswered(why: question.complaints.joined(separator: "; ")))
        } else {
            askNext(question)
        }
    }

    private func settle(_ question: Question, _ outcome: Outcome) {
        questions.removeAll { $0 === question }
        question.timer?.close()
        question.underWay.forEach { $0.cancel() }
        question.done(outcome)
    }

    /// Forgets all questions.
    func close() {
        for question in questions { question.timer?.close() }
        questions = []
        http.close()
    }
}
