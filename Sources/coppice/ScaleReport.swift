import ArgumentParser
import Simulator
import UV

/// The measurements of trees of growing size, as a table.
enum ScaleReport {
    /// All traffic may grow with the number of nodes, and what each node sends a little, since larger trees are deeper;
    /// never with the square of the number.
    private static let mostPerNode = 4.0

    static func run(_ sizes: [Int]) throws {
        StandardOutput.write(
            """
            all messages between nodes, heartbeats and loads included; in brackets those that the tree itself costs

                     joining                         at rest       root and a tenth lost
              nodes  seconds  depth   a node          a node, s    healed ms  depth   a node

            """)
        var runs: [Scale] = []
        for nodes in sizes where StandardOutput.failure == nil {
            let scale = Scale(nodes: nodes)
            StandardOutput.write(line(scale))
            for violation in scale.violations.prefix(1) { StandardOutput.write("\(violation)\n") }
            runs.append(scale)
        }
        let isKept = runs.allSatisfy { $0.violations.isEmpty && $0.joinedSeconds != nil && $0.healingSeconds != nil }
        guard isKept else { throw ExitCode(1) }
        if let first = runs.first, let last = runs.last, first.nodes < last.nodes { try compare(first, last) }
    }

    private static func line(_ scale: Scale) -> String {
        let nodes = Double(scale.nodes)
        let columns = [
            right("\(scale.nodes)", 7),
            right(scale.joinedSeconds.map { decimal($0) } ?? "-", 9), right("\(scale.depth)", 7),
            right("\(decimal(Double(scale.joining.all) / nodes)) (\(decimal(Double(scale.joining.tree) / nodes)))", 16),
            right(decimal(Double(scale.resting.all) / nodes / Double(Scale.restSeconds)), 13),
            right(scale.healingSeconds.map { "\(Int($0 * 1000))" } ?? "-", 13), right("\(scale.depthAfter)", 7),
            right("\(decimal(Double(scale.healing.all) / nodes)) (\(decimal(Double(scale.healing.tree) / nodes)))", 16),
        ]
        return columns.joined() + "   (\(decimal(scale.wallSeconds)) s)\n"
    }

    /// How all messages of a phase grow from the smallest tree to the largest.
    private static func compare(_ first: Scale, _ last: Scale) throws {
        let times = Double(last.nodes) / Double(first.nodes)
        func growth(_ count: (Scale) -> Int) -> Double { Double(count(last)) / Double(max(1, count(first))) }
        let growths = [
            ("joining", growth { $0.joining.all }), ("at rest", growth { $0.resting.all }),
            ("healing", growth { $0.healing.all }),
        ]
        let words = growths.map { "\($0.0) \(decimal($0.1))" }.joined(separator: ", ")
        StandardOutput.write("\(decimal(times)) times the nodes send so many times the messages: \(words)\n")
        if let steep = growths.first(where: { $0.1 > mostPerNode * times }) {
            throw Complaint("\(steep.0): that is more than \(decimal(mostPerNode)) times as many from each node")
        }
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// `100,1000,10000`
struct ScaleList: ExpressibleByArgument {
    let nodes: [Int]

    init?(argument: String) {
        let counts = argument.split(separator: ",").map { Int($0) }
        guard !counts.isEmpty, counts.allSatisfy({ $0.map { (10...20_000).contains($0) } ?? false }) else { return nil }
        nodes = counts.compactMap { $0 }
    }
}
