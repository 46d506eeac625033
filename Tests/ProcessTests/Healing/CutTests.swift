import Foundation
import Testing

/// Who hangs under whom, and who loses whom.
struct CutShape: CustomTestStringConvertible, Sendable {
    /// The parent of each place from 1 on; place 0 is the root.
    let parents: [Int]
    let pairs: [[Int]]
    var isOneWay = false
    var isForNew = false

    var testDescription: String {
        let tree = parents.enumerated().map { "\($0.offset + 1) under \($0.element)" }.joined(separator: ", ")
        let kind = isForNew ? "no new connection between" : isOneWay ? "one way cut of" : "cut of"
        return "\(tree): \(kind) " + pairs.map { "\($0[0]) and \($0[1])" }.joined(separator: ", ")
    }

    private static let chain = [0, 1]
    private static let star = [0, 0]
    private static let six = [0, 1, 1, 0, 4]

    /// The smallest: place 1 would have to go under place 0, and only place 2 can.
    static let smallest = CutShape(parents: chain, pairs: [[0, 1]])

    static let all = [
        smallest,
        CutShape(parents: chain, pairs: [[0, 1]], isOneWay: true),
        CutShape(parents: chain, pairs: [[1, 2]]),
        CutShape(parents: chain, pairs: [[0, 2]]),
        CutShape(parents: star, pairs: [[0, 1]]),
        CutShape(parents: star, pairs: [[1, 2]]),
        CutShape(parents: six, pairs: [[0, 1]]),
        CutShape(parents: six, pairs: [[0, 1], [0, 4]]),
        CutShape(parents: six, pairs: [[0, 1], [1, 4]]),
        CutShape(parents: six, pairs: [[1, 2], [0, 4]]),
        CutShape(parents: six, pairs: [[0, 4], [4, 5]], isOneWay: true),
    ]
}

/// One network whose pairs lose each other for a while, with somebody who talks at every node.
private final class CutRun {
    private let shape: CutShape
    private let lab: Lab
    private let sites: Sites
    private var clients: [BaseClient] = []
    private var said = 0
    private var heard: [[Int: Int]]
    private var parents: [Int: Int?] = [:]
    /// How often each place was seen under another parent than before.
    private(set) var changes: [Int: Int] = [:]

    init(_ bench: Bench, _ shape: CutShape, _ lab: Lab) throws {
        self.shape = shape
        self.lab = lab
        sites = try Sites(bench, count: shape.parents.count + 1, lab: lab)
        heard = Array(repeating: [:], count: shape.parents.count + 1)
        try sites.start(0, under: nil)
        for (index, parent) in shape.parents.enumerated() {
            try sites.start(index + 1, under: parent)
            try eventually("place \(index + 1) is under place \(parent)") {
                view()?.parent(of: index + 1) == parent
            }
        }
        for place in sites.places {
            let descriptor = try sites.connect(to: place)
            _ = Descriptor.wait(descriptor.number, for: POLLOUT, until: Deadline(within: .seconds(5)))
            let client = BaseClient(descriptor, name: "client of \(place)")
            try client.login()
            clients.append(client)
        }
        try talk(for: .seconds(2)) { _ in false }
        parents = view()?.parents ?? [:]
    }

    func close() { clients.forEach { $0.close() } }

    func cut() throws {
        for pair in shape.pairs {
            if shape.isForNew {
                try lab.bar([pair[0]], from: pair[1])
                try lab.bar([pair[1]], from: pair[0])
            } else {
                try lab.silence([pair[0]], for: pair[1])
                if !shape.isOneWay { try lab.silence([pair[1]], for: pair[0]) }
            }
        }
    }

    /// The whole tree, as place 0 tells it.
    func view() -> TreeView? {
        guard let connection = try? sites.connect(to: 0) else { return nil }
        defer { connection.close() }
        var question = StatusQuestion(connection)
        while !question.hasEnded, now() < question.until {
            var request = question.request
            if poll(&request, 1, 100) > 0 { question.isReady() }
        }
        return question.answer.flatMap { TreeView($0, sites) }
    }

    var isOneTree: Bool { view()?.isOneTree(of: Array(sites.places)) ?? false }

    /// Somebody says something five times a second, and all read what comes.
    func talk(for limit: Duration, until isOver: (CutRun) -> Bool) throws {
        let deadline = Deadline(within: limit)
        while !deadline.hasPassed, !isOver(self) {
            said += 1
            try clients[said % clients.count].say(["n": .integer(said)])
            usleep(200_000)
            try listen()
        }
    }

    func listen() throws {
        for (place, client) in clients.enumerated() {
            while let message = try client.readAvailable() {
                guard let number = message["activity"]?["n"]?.integer else { continue }
                heard[place][number, default: 0] += 1
            }
        }
    }

    func countChanges() {
        guard let view = view() else { return }
        for place in sites.places {
            guard let new = view.parents[place], let old = parents[place], new != old else { continue }
            changes[place, default: 0] += 1
            parents[place] = new
        }
    }

    /// What somebody lacks or got twice; nil for nothing.
    func incomplete() throws -> String? {
        try listen()
        for place in sites.places {
            for number in stride(from: 1, through: said, by: 1) where heard[place][number] != 1 {
                return "the client of \(place) got message \(number) \(heard[place][number] ?? 0) times"
            }
        }
        return nil
    }
}

extension RealProcesses {
    /// Pairs of nodes that don't reach each other, while everybody reaches somebody.
    @Suite struct CutTests {}
}

extension RealProcesses.CutTests {
    @Test(.enabled(if: Lab.isAllowed, Comment(rawValue: Lab.refusal)))
    func `A node that reaches both sides of a cut makes them one tree, and nothing is lost`() throws {
        try live(through: .smallest, for: .seconds(20))
    }

    /// A new connection is refused where an old one stands: the tree stays as it is.
    @Test(.enabled(if: Lab.isAllowed, Comment(rawValue: Lab.refusal)))
    func `Where only new connections are refused the old ones stand`() throws {
        let shape = CutShape(parents: [0, 1], pairs: [[0, 1]], isForNew: true)
        #expect(try live(through: shape, for: .seconds(8)) == [:])
    }
}

/// What `make cuts` runs: every shape, for as long as it is told to.
@Suite("Cuts", .serialized)
struct LongCutTests {
    static let seconds = ProcessInfo.processInfo.environment["COPPICE_CUT_SECONDS"].flatMap { Int($0) }

    @Test(
        .enabled(if: seconds != nil && Lab.isAllowed, "runs for as long as COPPICE_CUT_SECONDS says: make cuts"),
        arguments: CutShape.all)
    func `Whatever pairs are cut, what is connected is one tree`(_ shape: CutShape) throws {
        try live(through: shape, for: .seconds(Self.seconds!))
    }
}

/// - Returns: how often each place came under another parent while the cut lasted.
@discardableResult
private func live(through shape: CutShape, for time: Duration) throws -> [Int: Int] {
    let lab = try Lab(count: shape.parents.count + 1)
    defer { lab.remove() }
    var changes: [Int: Int] = [:]
    try onBench { bench in
        try keepingLogs(of: bench) {
            let run = try CutRun(bench, shape, lab)
            defer { run.close() }
            try run.cut()
            let began = now()
            // A cut is noticed after some seconds of silence: only then is the tree that stands the new one.
            try run.talk(for: .seconds(5)) { _ in false }
            var treeAfter: Duration?
            try run.talk(for: .seconds(10)) { run in
                run.countChanges()
                if run.isOneTree { treeAfter = now() - began }
                return treeAfter != nil
            }
            guard let treeAfter else { throw Failure("not one tree 15 s after \(shape.testDescription)") }
            let settled = run.changes
            try run.talk(for: time - (now() - began)) { run in
                run.countChanges()
                return false
            }
            guard run.isOneTree else { throw Failure("one tree no longer: \(shape.testDescription)") }
            try eventually("everything is everywhere: \(shape.testDescription)") {
                if let what = try run.incomplete() { throw Failure(what) }
                return true
            }
            changes = run.changes
            #expect(run.changes == settled, "parents change while the cut lasts")
            #expect(changes.values.allSatisfy { $0 <= 2 })
            let text = changes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
            print("    \(shape.testDescription): one tree after \(treeAfter.milliseconds / 1000) s, changes [\(text)]")
        }
    }
    return changes
}
