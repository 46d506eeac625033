import Tree

/// A rule told by an example: a schedule, and beneath it what every node does, in the manner of etcd/raft's `testdata`.
///
/// ```
/// # L2: a node without children may attach anywhere.
/// tell tree labels
/// until 1.000
/// 0.000 start 0
/// 0.500 start 1 under 0
///
/// == what happens
///   0.500  start 1 under 0            |
///   0.503                             | h1  asks h0 to be its parent: label (0, h1, 0), no children
/// ```
///
/// A person wrote the part above the divider. `make scenarios` writes the outcome below it, and `make test` compares
/// the outcome. Times are virtual seconds.
public struct ScenarioDocument {
    public struct TextError: Error, CustomStringConvertible {
        public let description: String
    }

    static let divider = "== what happens"

    /// The part that a person wrote, up to the divider.
    public let source: String
    public let schedule: Schedule
    private var subjects: Set<Narration.Subject> = []
    private var begin: UInt64 = 0
    private var end: UInt64 = .max

    public init(text: String) throws(TextError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var own = Array(lines.prefix { $0 != Self.divider })
        while own.last?.isEmpty == true { own.removeLast() }
        source = own.joined(separator: "\n")
        var rest: [Substring] = []
        for line in own {
            let words = line.split(separator: " ")
            switch words.first {
            case "tell":
                for word in words.dropFirst() {
                    guard let subject = Narration.Subject(rawValue: String(word)) else {
                        let known = Narration.Subject.allCases.map(\.rawValue).joined(separator: ", ")
                        throw TextError(description: "\"\(word)\" is nothing that can be told; there are: \(known)")
                    }
                    subjects.insert(subject)
                }
            case "from": begin = try Self.nanoseconds(words)
            case "until": end = try Self.nanoseconds(words)
            default: rest.append(line)
            }
        }
        do {
            schedule = try Schedule(text: rest.joined(separator: "\n"))
        } catch {
            throw TextError(description: error.description)
        }
    }

    private static func nanoseconds(_ words: [Substring]) throws(TextError) -> UInt64 {
        guard words.count == 2, let seconds = Double(words[1]) else {
            throw TextError(description: "\(words.joined(separator: " ")): a time in seconds is missing")
        }
        return UInt64(seconds * 1000) * millisecond
    }

    /// Plays the schedule.
    ///
    /// - Returns: the whole document as it should be, and the promises that were broken.
    public func played() -> (text: String, violations: [Violation]) {
        let world = World(schedule)
        let narration = Narration(world: world, subjects: subjects, from: begin, until: end)
        world.narration = narration
        world.run()
        var text = source + "\n\n" + Self.divider + "\n"
        let left = 4 + (narration.lines.filter { $0.who == nil }.map(\.text.count).max() ?? 0)
        for line in narration.lines { text += Self.row(line, left) + "\n" }
        return (text, world.checks.violations)
    }

    private static func row(_ line: Narration.Line, _ left: Int) -> String {
        let micros = line.at / 1000
        let fraction = String(micros % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        let time = "\(micros / 1_000_000).\(zeros)\(fraction)"
        let step = line.who == nil ? line.text : ""
        let head = String(repeating: " ", count: max(0, 10 - time.count)) + time + "  " + step
        guard let who = line.who else {
            return head + String(repeating: " ", count: left - step.count) + "|"
        }
        return head + String(repeating: " ", count: left) + "| \(who)  \(line.text)"
    }
}
