import TLS
import Tree
import UV
import Wire

/// What `coppice clock-load` has to do.
public struct ClockLoadSettings: Sendable {
    /// A numeric address, or a host name.
    public var clock: Address
    /// Connections. Each asks one question after the other.
    public var connections = 10
    /// Stamps in one question.
    public var batch = 1000
    public var duration = Duration.seconds(5)
    /// Whom to believe on connections with TLS; nil for connections in clear.
    public var trust: TLSContext.Trust?

    public init(clock: Address) {
        self.clock = clock
    }
}

/// `coppice clock-load`: asks a clock for stamps as fast as it answers, measures, and checks each answer.
///
/// Each connection behaves like a node: it has one question under way, and asks the next one as soon as the answer
/// comes. So the measured latency is that of a clock kept busy by this many connections. With one connection it is that
/// of a round trip.
public final class ClockLoad {
    private let loop: Loop
    private let settings: ClockLoadSettings
    private var askers: [LoadAsker] = []
    private var end: Timer?
    private var resolver: Resolver?
    private var failure: String?
    private let tls: TLSContext?
    fileprivate let question: [UInt8]
    fileprivate var result: ClockLoadResult

    private init(on loop: Loop, _ tls: TLSContext?, _ settings: ClockLoadSettings) {
        self.loop = loop
        self.tls = tls
        self.settings = settings
        question = ClockQuestion.stamps(count: settings.batch, seen: nil).line
        result = ClockLoadResult()
    }

    /// - Throws: why there is no result, as a sentence.
    public static func run(_ settings: ClockLoadSettings) throws(ClockLoadFailure) -> ClockLoadResult {
        let loop: Loop
        do { loop = try Loop() } catch { throw ClockLoadFailure("no event loop: \(error.message)") }
        _ = Descriptors.raiseLimit()
        let tls: TLSContext?
        do throws(TLSError) {
            tls = try settings.trust.map { trust throws(TLSError) in try TLSContext(connecting: trust) }
        } catch {
            loop.close()
            throw ClockLoadFailure("\(error): check --ca")
        }
        let load = ClockLoad(on: loop, tls, settings)
        load.start()
        loop.run()
        loop.close()
        if let failure = load.failure { throw ClockLoadFailure(failure) }
        load.result.finish()
        return load.result
    }

    private func start() {
        let clock = settings.clock
        resolver = Resolver.resolve(host: clock.host, port: clock.port, on: loop) { [self] result in
            resolver = nil
            let addresses: [SocketAddress]
            do throws(UVError) { addresses = try result.get() } catch {
                return fail("\(error.words(connectingTo: clock.host)): check HOST:PORT")
            }
            for _ in 0..<settings.connections {
                Stream.connect(on: loop, toOneOf: addresses, timeout: .seconds(5)) { [self] in connected($0) }
            }
        }
    }

    private func connected(_ attempt: Result<Stream, UVError>) {
        switch attempt {
        case .failure(let error):
            fail("\(settings.clock) cannot be reached: \(error.message); check that a clock runs there")
        case .success(let stream):
            guard failure == nil else { return stream.close() }
            if let tls {
                do throws(TLSError) {
                    stream.install(try TLSFilter(tls, host: settings.clock.host))
                } catch {
                    stream.close()
                    return fail("\(error)")
                }
            }
            askers.append(LoadAsker(stream, load: self))
            guard askers.count == settings.connections else { return }
            result.begin()
            end = Timer(on: loop) { [self] in finish() }
            end?.start(after: settings.duration)
            for asker in askers { asker.ask() }
        }
    }

    fileprivate func took(_ batch: Range<Stamp>, floor: Stamp, nanoseconds: UInt64) {
        let count = Int(batch.upperBound.value - batch.lowerBound.value)
        guard count == settings.batch else {
            return fail("asked for \(settings.batch) stamps, the clock gave \(count)")
        }
        // Every question that is still open was asked after stamps up to this one had been answered.
        let lowest = askers.lazy.map(\.floor).min() ?? .zero
        result.add(batch, floor: floor, lowestFloor: lowest, nanoseconds: nanoseconds)
    }

    fileprivate func fail(_ words: String) {
        if failure == nil { failure = words }
        finish()
    }

    /// To be called when the received bytes are no answer of a clock.
    fileprivate func failForeign(_ bytes: [UInt8]) {
        let server = ForeignServer.recognised(by: bytes.span.bytes, isAll: true)
        fail(
            "there is no clock at \(settings.clock): "
                + "\(server.map { "\($0)" } ?? "what comes back is no clock's answer")"
        )
    }

    private func finish() {
        end?.close()
        end = nil
        for asker in askers { asker.close() }
    }
}

/// Why there is no result, as a sentence.
public struct ClockLoadFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// One connection, with one question under way.
private final class LoadAsker: StreamHandler {
    private let stream: Stream
    private unowned let load: ClockLoad
    private var line: [UInt8] = []
    private var asked: UInt64 = 0
    /// The greatest stamp of any answer at the moment when this connection asked. The stamps of its answer have to be
    /// greater.
    fileprivate private(set) var floor = Stamp.zero

    init(_ stream: Stream, load: ClockLoad) {
        self.stream = stream
        self.load = load
        stream.handler = self
        stream.setNoDelay()
        stream.startReading()
    }

    func ask() {
        floor = load.result.highest
        asked = Loop.monotonicNanoseconds
        stream.write(load.question)
    }

    func close() {
        stream.close()
    }

    func stream(_ stream: Stream, received bytes: RawSpan) {
        bytes.withUnsafeBytes { line.append(contentsOf: $0) }
        guard line.last == UInt8(ascii: "\n") else {
            if line.count > 4096 { load.failForeign(line) }
            return
        }
        let took = Loop.monotonicNanoseconds - asked
        switch answer() {
        case .stamps(let stamps):
            line.removeAll(keepingCapacity: true)
            let end = Stamp(stamps.first.value + UInt64(stamps.count))
            load.took(stamps.first..<end, floor: floor, nanoseconds: took)
            if !stream.isClosed { ask() }
        case .standby(nil): load.fail("this clock stands by, and knows of no leader")
        case .standby(let leader?): load.fail("this clock stands by: ask the leader, \(leader)")
        case .time:
            load.fail("a clock of the original system answers, which has no stamps: name one that `coppice clock` runs")
        case .refusal(""): load.fail("the clock gives no stamps: it doesn't say why")
        case .refusal(let info): load.fail("the clock gives no stamps: \(info)")
        case .unknownQuestion: load.fail("the clock gives no stamps: unknown message")
        case nil: load.failForeign(line)
        }
    }

    private func answer() -> ClockAnswer? {
        let line = line
        return ClockAnswer(line: line.span.bytes)
    }

    func streamDrained(_ stream: Stream) {}

    func streamEnded(_ stream: Stream, error: UVError?) {
        if let failure = stream.filterFailure { return load.fail(failure) }
        line.isEmpty ? load.fail("the clock has closed a connection") : load.failForeign(line)
    }
}
