import Logging
import Tree
import UV

/// How the clock is run.
public struct ClockSettings: Sendable {
    /// A numeric address, or `localhost`.
    public var bind = "127.0.0.1"
    /// 0 takes a free port.
    public var port: UInt16 = 3779
    /// Where the bound is kept; `nil` stands for `./coppice-data/PORT`, with the port that was really taken.
    public var dataDirectory: String?
    public var limits = ClockLimits()

    public init() {}
}

/// The clock's shell: sockets and the disk around `StampSource`. It decides nothing about stamps itself.
///
/// One thread, one loop; only the bound is written on a thread of the pool.
public final class ClockServer {
    private let loop: Loop
    private let log: Logger
    private let limits: ClockLimits
    private let file: BoundFile
    private let lock: FileLock
    private let listener: Listener
    private var source: StampSource
    private var effects: [StampSource.Effect] = []
    private var isHandling = false
    private var events: [StampSource.Event] = []
    private var connections: [ConnectionID: ClockConnection] = [:]
    private var lastConnection: UInt64 = 0
    private var tick: Timer?
    private var isSaving = false
    private var hasStopped = false
    private let maximum: Int

    /// Where it listens.
    public let address: SocketAddress

    /// Listens, takes the data directory and brings the first bound to the disk. It serves as soon as the loop runs.
    public init(on loop: Loop, _ settings: ClockSettings, log: Logger) throws(ClockFailure) {
        self.loop = loop
        self.log = log
        limits = settings.limits
        let host = settings.bind == "localhost" ? "127.0.0.1" : settings.bind
        guard let wanted = SocketAddress(numeric: host, port: settings.port) else { throw .badAddress(settings.bind) }
        // The descriptors that are not connections: the loop's own, the listener, the lock, standard streams, a file.
        maximum = min(limits.connections, max(8, Descriptors.raiseLimit().soft - 32))

        // The listener has to be made before there is a self for it to tell.
        let door = Door()
        do {
            listener = try Listener.bind(on: loop, address: wanted) { door.server?.accepted($0) ?? $0.close() }
        } catch {
            throw .cannotListen("\(wanted)", error)
        }
        listener.setNoDelay()
        address = listener.address ?? wanted

        do throws(ClockFailure) {
            let directory = settings.dataDirectory ?? "./coppice-data/\(address.port)"
            lock = try Self.takeDirectory(directory)
            file = BoundFile(in: directory)
            source = try Self.startedSource(file, limits, log)
        } catch {
            listener.close()
            throw error
        }
        door.server = self
        listener.failed = { [log] in log.warning("a connection could not be accepted: \($0)") }
        let tick = Timer(on: loop) { [unowned self] in ticked() }
        self.tick = tick
        tick.start(after: .seconds(1), repeating: .seconds(1))
    }

    private final class Door {
        weak var server: ClockServer?
    }

    private static func takeDirectory(_ directory: String) throws(ClockFailure) -> FileLock {
        do {
            try Files.makeFolder(directory)
            return try FileLock(directory + "/lock")
        } catch {
            throw error.operation == .lock && error.cause == .again ? .directoryInUse(directory) : .file(error)
        }
    }

    /// A source whose first bound is on the disk. This waits for the disk: nobody is served before.
    private static func startedSource(
        _ file: BoundFile, _ limits: ClockLimits, _ log: Logger
    ) throws(ClockFailure) -> StampSource {
        let saved = try file.load()
        var source = StampSource(saved: saved, wallMilliseconds: Loop.wallMilliseconds, limits: limits)
        var effects: [StampSource.Effect] = []
        source.handle(.started, wallMilliseconds: Loop.wallMilliseconds, into: &effects)
        for case .save(let bound) in effects {
            do { try file.save(bound) } catch { throw .file(error) }
            var none: [StampSource.Effect] = []
            source.handle(.saved(bound), wallMilliseconds: Loop.wallMilliseconds, into: &none)
            precondition(none.isEmpty, "a source that nobody has asked wants \(none)")
        }
        let ahead = source.ahead(ofWallMilliseconds: Loop.wallMilliseconds)
        if ahead > limits.reserve + limits.reserve {
            let seconds = ahead.wholeMilliseconds / 1000
            log.warning("the wall clock is \(seconds) s behind earlier stamps; stamps go on from those")
        }
        return source
    }

    /// Closes everything, so that the loop's `run()` returns once the disk is done. Idempotent.
    public func stop() {
        guard !hasStopped else { return }
        hasStopped = true
        listener.close()
        tick?.close()
        tick = nil
        for connection in connections.values.sorted(by: { $0.id < $1.id }) {
            connection.finish([], within: limits.endGoodbye)
        }
    }

    /// Gives the data directory back. To be called when the loop has ended.
    public func release() {
        lock.release()
    }

    // MARK: Connections

    private func accepted(_ stream: Stream) {
        guard connections.count < maximum else {
            log.warning("refused \(stream.peer.map { "\($0)" } ?? "a connection"): there are \(connections.count)")
            stream.write(ClockAnswer.invalid("the clock has as many connections as it can have, try again later"))
            return stream.finish(within: limits.goodbye)
        }
        lastConnection += 1
        let id = ConnectionID(lastConnection)
        connections[id] = ClockConnection(id, stream, server: self, limits: limits)
    }

    func asked(_ connection: ClockConnection, count: Int, seen: Stamp?) {
        handle(.asked(connection.id, count: count, seen: seen))
    }

    func left(_ connection: ClockConnection) {
        connections[connection.id] = nil
        handle(.left(connection.id))
    }

    private func ticked() {
        handle(.ticked)
        let now = Loop.monotonicNanoseconds
        for connection in connections.values { connection.checkPatience(at: now) }
    }

    // MARK: The source

    /// One event, then all its effects, then the next: what an effect causes has to wait for its turn.
    private func handle(_ event: StampSource.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty {
            source.handle(events.removeFirst(), wallMilliseconds: Loop.wallMilliseconds, into: &effects)
            let ordered = effects
            effects.removeAll(keepingCapacity: true)
            ordered.forEach(perform)
        }
        isHandling = false
    }

    private func perform(_ effect: StampSource.Effect) {
        switch effect {
        case .save(let bound): save(bound)
        case .answer(let id, let batch):
            guard let connection = connections[id] else { return }
            let time = Loop.wallMilliseconds
            connection.answer(ClockAnswer.stamps(batch, epoch: source.epoch, milliseconds: time))
            connection.goOn()
        case .refuse(let id, let refusal):
            connections[id]?.finish(ClockAnswer.refusal(refusal, limits: limits))
        }
    }

    private func save(_ bound: SavedBound) {
        guard !hasStopped else { return }
        let file = file
        Work.run(on: loop) { () -> FileError? in
            do throws(FileError) { try file.save(bound) } catch { return error }
            return nil
        } done: { [self] failure in
            if let failure {
                log.error("no stamps until this is possible: \(failure)")
                handle(.saveFailed)
            } else {
                handle(.saved(bound))
            }
        }
    }
}
