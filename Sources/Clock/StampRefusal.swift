extension StampSource.Refusal {
    /// Why an asker is refused, as a sentence for the asker and for the log.
    func words(_ limits: ClockLimits) -> String {
        let skew = limits.skew.wholeMilliseconds
        return switch self {
        case .seenTooFarAhead(let ahead):
            "seen lies \(ahead.wholeMilliseconds) ms ahead of the clock's time, more than the \(skew) ms of "
                + "--max-clock-skew"
        case .runningAhead: "the stamps of the next \(skew) ms are used up, try again later"
        case .shareUsedUp(let stamps):
            "this asker has used up its share of \(stamps) stamps a second, and the clock's stamps run ahead of its "
                + "time: try again in a second"
        case .exhausted: "the clock has no more stamps"
        }
    }

    /// What the log calls it, if it is the asker's own doing.
    var fault: String? {
        switch self {
        case .seenTooFarAhead: "seen too far ahead"
        case .shareUsedUp: "share used up"
        case .runningAhead, .exhausted: nil
        }
    }
}
