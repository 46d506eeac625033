import HTTP
import UV

/// Where the clocks' etcd is.
public struct EtcdSettings: Sendable {
    /// The URLs of its members, for clients: `http://HOST:2379`.
    public var members: [String]
    /// The prefix of the keys. Clocks with the same prefix belong to one network.
    public var prefix = "coppice/clock"
    /// The host by which nodes reach this clock; `nil` for the address that the clock listens on.
    public var hostname: String?

    public init(members: [String]) {
        self.members = members
    }
}

/// Asks etcd: one member first, and further members if the answer takes long. The first answer counts.
///
/// A member that has lost its leader keeps a request for seven seconds before it says so, while other members may be
/// well. Waiting for that member alone would take longer than a lease. So a request may be carried out by several
/// members, or by none. The caller has to cope with both, and the `Contender` does.
final class EtcdClient {
    enum Outcome {
        case answered(EtcdAnswer)
        case unanswered(why: String)
        case unreadable
    }

    private final class Question {
        let request: EtcdRequest
        let body: [UInt8]
        /// Members that have not been asked yet, the next one first.
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
    /// The index of the member that answered last. That member is asked first.
    private var favourite = 0

    init(_ members: [String], _ coding: EtcdCoding, on loop: Loop, limits: ClockLimits) {
        self.members = members
        self.coding = coding
        self.loop = loop
        self.limits = limits
        http = HTTPClient(on: loop)
    }

    /// - Parameter done: called once, from the loop, within `ClockLimits.etcdPatience`. Not called after `close`.
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

    /// Forgets all questions; none of them gets an answer.
    func close() {
        for question in questions { question.timer?.close() }
        questions = []
        http.close()
    }
}
