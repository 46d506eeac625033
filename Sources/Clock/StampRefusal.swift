extension StampSource.Refusal {
    /// Why an asker is refused, as a sentence for the asker and for the log.
    func words(_ limits: ClockLimits) -> String {
        let skew = limits.skew.wholeMilliseconds
        return switch self {
        case .seenTooFarAhead(let ahead):
            "seen lies \(ahead.wholeMilliseconds) ms ahead of the clock's time, more than the \(skew) ms of "
                + "--max-clock-skew"
        case .runningAhead: "the stamps of the next \(skew) ms are used up, try again later"
        case .exhausted: "the clock has no more stamps"
        }
    }
}
