import Testing
import Tree

@testable import Clock

/// A source with its disk. The test decides about time, crashes and the disk's speed.
struct Bench {
    var source: StampSource
    /// The bound that a restart finds.
    var disk: SavedBound?
    /// A bound that is to be saved and isn't on the disk yet.
    var writing: SavedBound?
    /// The wall clock in milliseconds since 1970. It may jump either way.
    var wall: UInt64
    /// Milliseconds of the monotonic clock.
    var uptime: UInt64 = 5000
    var answers: [(asker: ConnectionID, batch: StampBatch)] = []
    var refusals: [(asker: ConnectionID, why: StampSource.Refusal)] = []
    /// The number of writes.
    var writes = 0

    var moment: Moment {
        Moment(instant: Instant(nanoseconds: uptime * 1_000_000), wallMilliseconds: wall)
    }

    init(wall: UInt64, disk: SavedBound? = nil) {
        self.wall = wall
        self.disk = disk
        let start = Instant(nanoseconds: uptime * 1_000_000)
        source = StampSource(saved: disk, at: Moment(instant: start, wallMilliseconds: wall))
        handle(.started)
    }

    mutating func handle(_ event: StampSource.Event) {
        var effects: [StampSource.Effect] = []
        source.handle(event, at: moment, into: &effects)
        for effect in effects {
            switch effect {
            case .save(let bound):
                #expect(writing == nil, "two writes at once")
                writing = bound
            case .answer(let asker, let batch):
                #expect(disk.map { batch.end <= $0.bound } ?? false, "a stamp above what the disk covers")
                answers.append((asker, batch))
            case .refuse(let asker, let why): refusals.append((asker, why))
            }
        }
    }

    mutating func ask(_ asker: UInt64 = 1, count: Int = 1, seen: Stamp? = nil, from host: String = "") {
        handle(.asked(ConnectionID(asker), count: count, seen: seen, host: host))
    }

    /// Finishes the write that is under way.
    mutating func write() {
        guard let bound = writing else { return }
        writing = nil
        disk = bound
        writes += 1
        handle(.saved(bound))
    }

    mutating func failToWrite() {
        guard writing != nil else { return }
        writing = nil
        handle(.saveFailed)
    }

    /// Kills and restarts the source. The write under way may have reached the disk or not.
    mutating func crash(writeSurvives: Bool) {
        if writeSurvives, let bound = writing { disk = bound }
        writing = nil
        source = StampSource(saved: disk, at: moment)
        handle(.started)
    }
}
