/// What one client has heard, judged as it arrives: of each talker one message after the other from the first on, and
/// no reply before what it answers.
///
/// By that a history is no more than the first and the last number of each talker's, and what was skipped.
struct History {
    struct Told {
        let origin: String
        let numbers: ClosedRange<Int>
    }

    struct Span {
        let first: Int
        var last: Int
    }

    struct Heard {
        let talker: String
        let number: Int
    }

    let name: String
    /// Since when it has been connected: the answer to its first login was read then.
    var start: Instant?
    private(set) var spans: [String: Span] = [:]
    /// Numbers that didn't come when they should have. Fine only if a gap was told.
    private(set) var skipped: [String: Set<Int>] = [:]
    private(set) var told: [Told] = []
    /// What it answers when it answers.
    private(set) var latest: Heard?
    /// What came on the present connection, to tell a node that repeats itself from one that has another copy.
    private var onConnection: Set<Int> = []

    init(name: String) {
        self.name = name
    }

    func last(of talker: String) -> Int { spans[talker]?.last ?? 0 }

    mutating func beganConnection() { onConnection.removeAll(keepingCapacity: true) }

    mutating func wasTold(_ told: Told) { self.told.append(told) }

    /// Takes in a broadcast. False: it is another copy of one that came before, for which the client has no use.
    mutating func hears(
        _ talker: String, _ number: Int, answering answered: Heard?, _ ledger: Ledger
    ) -> Bool {
        let isRepeated = !onConnection.insert(Hasher.value(talker, number)).inserted
        guard var span = spans[talker] else {
            // A client that comes late hears of a talker from the middle on, but nothing that was said since may lack.
            if number > 1, ledger.messages[talker]![number - 2].sentAt > start! {
                skip(talker, 1..<number, ledger, onlySince: start!)
            }
            spans[talker] = Span(first: number, last: number)
            checkOrder(of: answered, to: (talker, number), ledger)
            latest = Heard(talker: talker, number: number)
            return true
        }
        if number <= span.last {
            if skipped[talker]?.contains(number) == true {
                skipped[talker]!.remove(number)
                ledger.complain(.outOfOrder, "\(name) hears \(talker) \(number) after \(talker) \(span.last)")
                return true
            }
            if isRepeated { ledger.complain(.doubled, "\(name) hears \(talker) \(number) twice from one node") }
            if number < span.first {
                // From before its time, and nobody owes it: but a node that was alone brings it behind what it has.
                ledger.lateOnes += 1
            } else {
                ledger.droppedCopies += 1
            }
            return false
        }
        if number > span.last + 1 { skip(talker, span.last + 1..<number, ledger, onlySince: nil) }
        span.last = number
        spans[talker] = span
        checkOrder(of: answered, to: (talker, number), ledger)
        latest = Heard(talker: talker, number: number)
        return true
    }

    private mutating func skip(_ talker: String, _ numbers: Range<Int>, _ ledger: Ledger, onlySince: Instant?) {
        for number in numbers {
            if let onlySince, ledger.messages[talker]![number - 1].sentAt <= onlySince { continue }
            skipped[talker, default: []].insert(number)
        }
    }

    private func checkOrder(of answered: Heard?, to reply: (String, Int), _ ledger: Ledger) {
        guard let answered, last(of: answered.talker) < answered.number else { return }
        // Said before this client came: nobody owes it to him.
        guard ledger.messages[answered.talker]![answered.number - 1].sentAt > start! else { return }
        if wasTold(of: answered.talker, answered.number, ledger) { return }
        ledger.complain(
            .replyFirst,
            "\(name) hears \(reply.0) \(reply.1) before what it answers, \(answered.talker) \(answered.number)")
    }

    private func wasTold(of talker: String, _ number: Int, _ ledger: Ledger) -> Bool {
        ledger.messages[talker]![number - 1].ids.contains { id in
            told.contains { $0.origin == id.origin && $0.numbers.contains(id.sequence) }
        }
    }

    // MARK: - At rest

    /// Whether everything that is owed to a client that is still connected has come.
    func isComplete(_ ledger: Ledger) -> Bool {
        ledger.messages.keys.allSatisfy { last(of: $0) >= ledger.owed(of: $0, since: start!) }
    }

    /// Names what is missing for good. `isPresent`: the client is connected still, so it is owed the end as well.
    func judge(isPresent: Bool, _ ledger: Ledger) {
        for (talker, messages) in ledger.messages.sorted(by: { $0.key < $1.key }) {
            var missing = (skipped[talker] ?? []).filter { messages[$0 - 1].isWitnessed }
            if isPresent {
                let owed = ledger.owed(of: talker, since: start!)
                if owed > last(of: talker) {
                    missing.formUnion(
                        (last(of: talker) + 1...owed).filter {
                            messages[$0 - 1].isWitnessed && messages[$0 - 1].sentAt > start!
                        })
                }
            }
            for number in missing.sorted() where !wasTold(of: talker, number, ledger) {
                ledger.complain(.lost, "\(name) never hears \(talker) \(number)")
            }
        }
    }
}

extension Hasher {
    fileprivate static func value(_ text: String, _ number: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(text)
        hasher.combine(number)
        return hasher.finalize()
    }
}
