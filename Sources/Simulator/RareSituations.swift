import Tree

/// Things that must happen now and then, or the test is too tame.
public enum RareSituation: String, CaseIterable, Sendable {
    case droppedByClient
    case clientToldGap
    case shownAlone
    case resumedWithoutWhatWasSeen
    case twoIds
    case leftInOrder
    case superseded
    case nobodyKnewTheWay
}

struct RareSituations {
    private(set) var counts: [Int] = Array(repeating: 0, count: RareSituation.allCases.count)

    mutating func count(_ situation: RareSituation) {
        counts[RareSituation.allCases.firstIndex(of: situation)!] += 1
    }

    mutating func ended(_ mirror: Mirror, _ host: SimulatedHost) {}
    mutating func willRead(_ message: Message, on end: End) {}
    mutating func willSend(_ message: Message, on end: End, _ host: SimulatedHost) {}
    mutating func noticed(_ notice: Notice) {}
}
