import Foundation

/// Moments of a test. They are monotonic, so that adjustments of the clock don't matter.
typealias Instant = ContinuousClock.Instant

func now() -> Instant { ContinuousClock.now }

/// The moment at which a step stops waiting.
struct Deadline {
    let instant: Instant

    init(within duration: Duration) {
        instant = now() + duration
    }

    var hasPassed: Bool { now() >= instant }

    /// The time left for poll(2): whole milliseconds, rounded up, never negative (which would wait for ever).
    var pollMilliseconds: Int32 {
        let left = instant - now()
        guard left > .zero else { return 0 }
        return Int32(min(left.milliseconds.rounded(.up), 60_000))
    }
}

extension Duration {
    /// The whole duration in milliseconds, with fractions.
    var milliseconds: Double {
        Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
    }
}

/// Checks `condition` every 10 ms until it is true. Throws, with `story`, if it isn't in time.
///
/// An error of the condition counts as "not yet". The last such error is reported.
func eventually(
    _ story: String, within limit: Duration = .seconds(15), file: StaticString = #fileID, line: UInt = #line,
    _ condition: () throws -> Bool
) throws {
    let deadline = Deadline(within: limit)
    var lastError: (any Error)?
    repeat {
        do {
            if try condition() { return }
            lastError = nil
        } catch {
            lastError = error
        }
        usleep(10_000)
    } while !deadline.hasPassed
    let reason = lastError.map { "; the last try: \($0)" } ?? ""
    throw Failure("not within \(limit): \(story)\(reason)", file: file, line: line)
}
