import LogLines
import Logging
import Tree
import UV

/// A clock that works alone: a `StampSource` whose bound is kept in a file.
///
/// It runs on the loop's thread. Only the writing of the bound runs on a thread of libuv's pool.
final class FileClock: StampAuthority {
    private let loop: Loop
    private let log: Logger
    private let file: BoundFile
    private let lock: FileLock
    private var source: StampSource
    private var effects: [StampSource.Effect] = []
    private var events: [StampSource.Event] = []
    private var isHandling = false
    private var hasEnded = false
    private var tick: Timer?
    private weak var desk: (any StampDesk)?

    /// Takes the data directory and writes the first bound. This waits for the disk, and no asker is served before.
    ///
    /// - Parameter acceptsLoss: whether to begin a new epoch if the bound is damaged.
    /// - Throws: if the directory can't be used or is in use, or the bound is damaged or can't be written.
    init(
        in directory: String, acceptsLoss: Bool, on loop: Loop, limits: ClockLimits, log: Logger
    ) throws(ClockFailure) {
        self.loop = loop
        self.log = log
        do {
            try Files.makeFolder(directory)
            lock = try FileLock(directory + "/lock")
        } catch {
            throw error.operation == .lock && error.cause == .again ? .directoryInUse(directory) : .file(error)
        }
        file = BoundFile(in: directory)
        let finding = try file.load(acceptsLoss: acceptsLoss)
        for warning in finding.warnings { log[.boundDamaged].warning("\(warning)") }
        source = StampSource(saved: finding.saved, at: Moment.now, limits: limits)
        source.handle(.started, at: Moment.now, into: &effects)
        // On a slow disk the first bound may be nearly reached once it is written. Then the source asks for another
        // one.
        while let effect = effects.popLast() {
            guard case .save(let bound) = effect else { preconditionFailure("nobody has asked, and \(effect)") }
            do { try file.save(bound) } catch { throw .file(error) }
            source.handle(.saved(bound), at: Moment.now, into: &effects)
        }
        let ahead = source.ahead(ofWallMilliseconds: Loop.wallMilliseconds)
        if ahead > limits.aheadToTell {
            let seconds = ahead.wholeMilliseconds / 1000
            log[.wallClockBehind].warning(
                "the wall clock is \(seconds) s behind earlier stamps; stamps go on from those")
        }
    }

    func begin(for desk: any StampDesk) {
        self.desk = desk
        let tick = Timer(on: loop) { [unowned self] in handle(.ticked) }
        tick.start(after: ClockLimits.tick, repeating: ClockLimits.tick)
        self.tick = tick
    }

    func asked(_ asker: ConnectionID, count: Int, seen: Stamp?, host: String) {
        handle(.asked(asker, count: count, seen: seen, host: host))
    }

    func left(_ asker: ConnectionID) {
        handle(.left(asker))
    }

    func end(_ done: @escaping () -> Void) {
        hasEnded = true
        tick?.close()
        tick = nil
        done()
    }

    func release() {
        lock.release()
    }

    /// Handles one event, then performs all its effects. An event that an effect causes is queued and handled
    /// afterwards.
    private func handle(_ event: StampSource.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty {
            source.handle(events.removeFirst(), at: Moment.now, into: &effects)
            let ordered = effects
            effects.removeAll(keepingCapacity: true)
            ordered.forEach(perform)
        }
        isHandling = false
    }

    private func perform(_ effect: StampSource.Effect) {
        switch effect {
        case .save(let bound): save(bound)
        case .answer(let asker, let batch): desk?.answer(asker, batch, epoch: source.epoch)
        case .refuse(let asker, let refusal): desk?.refuse(asker, refusal)
        }
    }

    private func save(_ bound: SavedBound) {
        guard !hasEnded else { return }
        let file = file
        Work.run(on: loop) { () -> FileError? in
            do throws(FileError) { try file.save(bound) } catch { return error }
            return nil
        } done: { [self] failure in
            if let failure {
                log[.boundNotSaved].error("no stamps until this is possible: \(failure)")
                handle(.saveFailed)
            } else {
                handle(.saved(bound))
            }
        }
    }
}

extension Moment {
    /// The present moment. Its instant counts the time that the machine sleeps, since a lease in etcd runs out
    /// meanwhile too.
    static var now: Moment {
        Moment(instant: Instant(nanoseconds: Loop.bootNanoseconds), wallMilliseconds: Loop.wallMilliseconds)
    }
}
