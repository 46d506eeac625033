import LogLines
import Logging
import Synchronization
import TestNameServer
import Testing
import Tree
import UV

@testable import Host

/// Names that lead to further nodes, with a name server of the test's own.
@Suite("Names of seeds", .serialized)
final class SeedNamesTests {
    private let server = NameServer()
    private let loop: Loop
    private let lines = Lines()
    private var need = SeedNames.Need.alone
    private var found: [[Address]] = []
    private var seeds: SeedNames?

    init() throws { loop = try Loop() }

    private func begin(_ names: SeedName...) {
        let lines = lines
        let logger = Logger(label: "test") { _ in KeptLines(lines) }
        seeds = SeedNames(names, by: server.address, every: .milliseconds(20), on: loop, logger) { [unowned self] in
            need
        } found: { [unowned self] in
            found.append($0)
        }
    }

    /// Turns the loop until something is so.
    private func turn(_ what: String, until isSo: () -> Bool) {
        let end = ContinuousClock.now + .seconds(20)
        while !isSo() {
            guard ContinuousClock.now < end else {
                Issue.record("waited in vain: \(what); asked \(server.asked), found \(found), \(lines.all)")
                return
            }
            let timer = Timer(on: loop) { [loop] in loop.stop() }
            timer.start(after: .milliseconds(5))
            loop.run()
            timer.close()
        }
    }

    private func end() {
        seeds?.close()
        server.close()
        loop.run()
        loop.close()
    }

    @Test func `Every address of a name is a seed, and a name without any more leaves them`() {
        server.set("tree.example", to: [.address("10.0.0.1"), .address("10.0.0.2"), .address("10.0.0.1")])
        begin(SeedName(host: "tree.example", port: 4000))
        turn("addresses") { !found.isEmpty }
        #expect(Set(found[0]) == [Address(host: "10.0.0.1", port: 4000), Address(host: "10.0.0.2", port: 4000)])
        #expect(found[0].count == 2)

        server.set("tree.example", to: nil)
        turn("a warning") { lines.all.contains { $0.contains("leads to no node") } }
        let asked = server.asked.count
        turn("more questions") { server.asked.count > asked + 4 }
        #expect(found.count == 1, "a name server that knows nothing moved the node")
        #expect(lines.all.count { $0.contains("leads to no node") } == 1, "\(lines.all)")
        #expect(lines.all.allSatisfy { $0.contains("--seeds dns:tree.example:4000 ") })

        server.set("tree.example", to: [.address("10.0.0.3")])
        turn("the new address") { found.count == 2 }
        #expect(found.last == [Address(host: "10.0.0.3", port: 4000)])
        end()
    }

    @Test func `A node that isn't alone asks nobody, and one that is asks again`() {
        need = .none
        server.set("tree.example", to: [.address("10.0.0.1")])
        begin(SeedName(host: "tree.example", port: 4000))
        turn("addresses") { !found.isEmpty }
        let asked = server.asked.count
        var turns = 0
        turn("some time") {
            turns += 1
            return turns > 20
        }
        #expect(server.asked.count == asked)
        need = .some
        turns = 0
        turn("some time") {
            turns += 1
            return turns > 20
        }
        #expect(server.asked.count == asked, "a root with others below it waits longer")
        need = .alone
        turn("questions") { server.asked.count > asked }
        end()
    }

    @Test func `A name has the hosts of its SRV records, the preferred ones first`() {
        server.set(
            "_coppice._tcp.tree.example",
            to: [
                .service("late.example", port: 4001, priority: 9), .service("Light.example", port: 4002, weight: 1),
                .service("heavy.example", port: 4003, weight: 7),
            ])
        begin(SeedName(host: "tree.example", port: nil))
        turn("hosts") { !found.isEmpty }
        #expect(
            found == [
                [
                    Address(host: "heavy.example", port: 4003), Address(host: "light.example", port: 4002),
                    Address(host: "late.example", port: 4001),
                ]
            ])
        end()
    }

    @Test func `A name without SRV records has its addresses, at the usual port`() {
        server.set("tree.example", to: [.address("10.0.0.1")])
        server.set("_coppice._tcp.other.example", to: [.service("", port: 0)])
        server.set("other.example", to: [.address("10.0.0.2")])
        begin(SeedName(host: "tree.example", port: nil), SeedName(host: "other.example", port: nil))
        turn("addresses") { found.last?.count == 2 }
        #expect(Set(found.last!) == [Address(host: "10.0.0.1", port: 3780), Address(host: "10.0.0.2", port: 3780)])
        end()
    }

    @Test func `A name server that doesn't answer is waited for, and given up at the end`() {
        server.setSilent(true)
        begin(SeedName(host: "tree.example", port: 4000))
        turn("a question") { !server.asked.isEmpty }
        #expect(found.isEmpty)
        end()
    }
}

/// The lines that were logged, from any thread.
private final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ line: String) { kept.withLock { $0.append(line) } }
}

private struct KeptLines: LogHandler {
    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata = Logger.Metadata()

    init(_ lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(
        level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
        function: String, line: UInt
    ) {
        lines.add("\(message)")
    }
}
