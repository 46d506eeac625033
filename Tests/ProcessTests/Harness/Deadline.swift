import Foundation

/// The moments of a test. Monotonic, so that nobody's clock adjustments count.
typealias Instant = ContinuousClock.Instant

func now() -> Instant { ContinuousClock.now }

/// The moment at which a test stops waiting.
struct Deadline {
    let instant: Instant

    init(within duration: Duration) {
        instant = now() + duration
    }

    var hasPassed: Bool { now() >= instant }

    /// What poll(2) takes: whole milliseconds, rounded up, never negative (which would wait for ever).
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

/// Asks `condition` every 10 ms until it is true; throws, with `story`, if it never is.
///
/// What the condition itself throws counts as "not yet"; the last such error is reported.
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
