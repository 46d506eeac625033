// Where stamps come from (docs/protocol.md#the-clock): the node's hybrid clock, which the clock server keeps true in
// the background, so that no message waits for a round trip.

extension Node {
    func askClock() {
        order(.askClock(count: 1, seen: clock.latest))
    }

    func clockAnswered(_ first: Stamp) {
        timers[.clock] = now.instant + limits.clockPause
        clock.follow(clock: first, wallMilliseconds: now.wallMilliseconds)
        clock.witness(first, wallMilliseconds: now.wallMilliseconds)
        if !clockAnswers { report(.clockAnswers) }
        clockAnswers = true
    }

    func clockSilent() {
        timers[.clock] = now.instant + random.around(limits.clockPause * 5)
        if clockAnswers { report(.clockSilent) }
        clockAnswers = false
    }
}
