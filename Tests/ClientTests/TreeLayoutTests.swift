import JSON
import Testing
import Tree
import Wire

@testable import Client

/// A tree to draw, without a network.
private struct Forest: Sendable {
    /// The number of each node's parent; a root's own number.
    let parents: [Int]
    var host: @Sendable (Int) -> String = { _ in "localhost" }
    var asked = 0

    static func chain(_ count: Int) -> Forest { Forest(parents: (0..<count).map { max(0, $0 - 1) }, asked: count / 2) }
    static func star(_ count: Int) -> Forest { Forest(parents: Array(repeating: 0, count: count), asked: 1) }

    /// A tree in which each node's parent is one of those before it.
    static func random(_ count: Int, seed: UInt64) -> Forest {
        var random = RandomNumbers(seed: seed)
        let parents = (0..<count).map { $0 == 0 ? 0 : Int(random.next() % UInt64($0)) }
        return Forest(parents: parents, asked: count - 1)
    }

    func id(_ number: Int) -> String { "n\(number)" + String(repeating: "x", count: 5 - String(number).count) + "tail" }

    private func reference(_ number: Int) -> JSONValue {
        ["id": .string(id(number)), "hostname": .string(host(number)), "port": .integer(Int64(3000 + number))]
    }

    private func path(of number: Int) -> [Int] {
        parents[number] == number ? [] : [parents[number]] + path(of: parents[number])
    }

    var status: TreeStatus {
        let order = [asked] + parents.indices.filter { $0 != asked }
        let nodes = order.compactMap { number -> TreeStatus.Node? in
            guard case .object(var fields) = reference(number) else { return nil }
            let path = path(of: number)
            fields["root"] = .bool(path.isEmpty)
            fields["path"] = .array(path.map(reference))
            fields["deadpool"] = .array(path.dropFirst().map(reference))
            let children = parents.indices.filter { parents[$0] == number && $0 != number }
            fields["children"] = .array(children.map(reference))
            fields["clients"] = .integer(Int64(number * number))
            fields["queue"] = .integer(0)
            fields["log"] = .integer(123_456)
            return TreeStatus.Node(.object(fields))
        }
        return TreeStatus(nodes: nodes, isComplete: true)
    }

    func lines(_ width: Int?) -> [String] { lines(of: status, width) }

    func lines(of status: TreeStatus, _ width: Int?) -> [String] {
        TreePicture.draw(status, Style(hasColour: false), width: width).split(separator: "\n").map(String.init)
    }
}

@Suite("The tree's lines and how they fit") struct TreeLayoutTests {
    private static let longHost = "a-node.of-the-third-rack.behind-the-door.very-far-away.example.org"

    private static let forests: [(name: String, forest: Forest)] = [
        ("one", .chain(1)), ("64 deep", .chain(65)), ("100 wide", .star(101)), ("100", .random(100, seed: 7)),
        ("300", .random(300, seed: 8)),
        ("long names", Forest(parents: Forest.random(40, seed: 9).parents, host: { _ in longHost })),
        ("a deep tree of long names", Forest(parents: Forest.chain(65).parents, host: { _ in longHost }, asked: 64)),
        ("IPv6", Forest(parents: Forest.star(9).parents, host: { _ in "2001:db8:85a3:8d3:1319:8a2e:370:7348" })),
    ]

    @Test("no line is longer than the terminal is wide, and every node has one")
    func widths() {
        for (name, forest) in Self.forests {
            let status = forest.status
            for width in [1, 7, 20, 30, 39, 45, 59, 79, 80, 100, 131, 200] {
                let lines = forest.lines(of: status, width)
                #expect(
                    lines.allSatisfy { $0.count <= width }, "\(name) at \(width): \(lines.max { $0.count < $1.count }!)"
                )
                guard width >= 45 else { continue }
                for number in forest.parents.indices {
                    let id = " " + forest.id(number).prefix(6) + " "
                    let rows = lines.prefix(forest.parents.count + 1)
                    #expect(rows.contains { (" " + $0).contains(id) }, "\(name) at \(width): \(id)")
                }
            }
        }
    }

    @Test("a line of 79 columns keeps its counts, its mark and the address's port")
    func whatStays() throws {
        let lines = Forest(parents: Forest.chain(65).parents, host: { _ in Self.longHost }, asked: 64).lines(79)
        let deepest = try #require(lines.first { $0.contains(":3064") })
        #expect(deepest.contains("◀ asked"))
        #expect(deepest.hasSuffix("4096      0  123456"))
        #expect(deepest.hasPrefix("64…"))
        #expect(deepest.contains("└─ n64xxx a-"))
    }

    @Test("in 40 columns the marks stay, and as many counts as fit", arguments: [40, 44, 60])
    func narrow(width: Int) throws {
        for forest in [Forest.chain(1), .chain(3), .star(9), .random(40, seed: 3)] {
            let lines = forest.lines(width)
            let root = try #require(lines.first { $0.contains(" localhost") || $0.contains(":3000") })
            #expect(root.contains("  root"))
            #expect(lines.contains { $0.contains("  ◀ asked") }, "\(lines)")
            #expect(lines[0].contains("log") == (width == 60))
            #expect(lines[0].contains("clients") == (width > 40 || forest.parents.count < 40))
        }
    }

    @Test("in a pipe nothing is cut")
    func pipes() {
        let lines = Forest(parents: Forest.chain(65).parents, host: { _ in Self.longHost }, asked: 64).lines(nil)
        #expect(!lines.joined().contains("…"))
        #expect(
            lines.contains {
                $0.hasPrefix(String(repeating: "   ", count: 63) + "└─ n64xxx \(Self.longHost):3064  ◀ asked")
            })
        #expect(lines[64].split(separator: ":").count == 64, "the deadpool: \(lines[64])")
    }

    @Test("of a deadpool as many addresses are listed as fit")
    func deadpools() {
        func last(_ width: Int) -> String { Forest.chain(6).lines(width)[6] }
        #expect(last(79).hasSuffix("  :3003 :3002 +2"))
        #expect(last(100).hasSuffix("  :3003 :3002 :3001 :3000"))
        #expect(last(75).hasSuffix("  :3003 +3"))
    }

    @Test("a node on another host is named in full in a deadpool")
    func otherHosts() {
        let lines = Forest(parents: [0, 0, 1], host: { "h\($0)" }).lines(nil)
        #expect(lines[3].hasSuffix("  h0:3000"))
    }

    @Test("a long name is cut in its middle, and keeps its port")
    func middles() {
        #expect(TreeLayout.cutInTheMiddle("abcdefghij:3780", to: 15) == "abcdefghij:3780")
        #expect(TreeLayout.cutInTheMiddle("abcdefghij:3780", to: 14) == "abcd…ghij:3780")
        #expect(TreeLayout.cutInTheMiddle("abcdefghij:3780", to: 11) == "abc…ij:3780")
        #expect(TreeLayout.cutInTheMiddle("[2001:db8::1]:3780", to: 13) == "[200…:1]:3780")
    }

    @Test("a picture that is longer than the screen ends with how much is missing")
    func heights() {
        let picture = (1...10).map { "\($0)\n" }.joined()
        #expect(Screen.fitted(picture, height: 11).count == 10)
        #expect(Screen.fitted(picture, height: 10) == (1...8).map { "\($0)" } + ["… and 2 lines more"])
        #expect(Screen.fitted("a\n\nb\n", height: 24) == ["a", "", "b"])
    }

    @Test("messages are wrapped between words")
    func wrapping() {
        #expect(Screen.wrapped("one two three", width: nil) == "one two three\n")
        #expect(Screen.wrapped("one two three", width: 7) == "one two\nthree\n")
        #expect(Screen.wrapped("abcdefgh i", width: 4) == "abcd\ni\n")
    }
}

@Suite("Which node a watching program asks") struct AskedNodesTests {
    private static func address(_ number: Int) -> Address { Address(host: "localhost", port: UInt16(3000 + number)) }

    @Test("when the asked node dies: those above it, its children, the others, itself, and so on anew")
    func order() {
        // 0 has the children 1 and 4, 1 has 2, and 2 has 3.
        var forest = Forest(parents: [0, 0, 1, 2, 0])
        forest.asked = 2
        var asked = AskedNodes(Self.address(2))
        asked.answered(forest.status)
        #expect(asked.count == 5)
        var order: [Address] = []
        while asked.failed("gone") { order.append(asked.current) }
        #expect(order == [1, 0, 3, 4].map(Self.address))
        #expect(asked.left?.address == Self.address(4))
        var again: [Address] = []
        while asked.failed("gone") { again.append(asked.current) }
        #expect(again == [2, 1, 0, 3].map(Self.address))
    }

    @Test("it stays with a node that answers, and remembers which node it left and why")
    func staying() {
        var asked = AskedNodes(Self.address(0))
        asked.answered(Forest(parents: [0, 0, 0]).status)
        let went = asked.failed("connection refused")
        #expect(went)
        #expect(asked.current == Self.address(1))
        #expect(asked.left?.address == Self.address(0))
        #expect(asked.left?.reason == "connection refused")
        var forest = Forest(parents: [0, 1, 1])
        forest.asked = 1
        asked.answered(forest.status)
        #expect(asked.current == Self.address(1))
    }

    @Test("a node that was given by another name isn't asked twice before the others")
    func names() {
        var asked = AskedNodes(Address(host: "127.0.0.1", port: 3000))
        asked.answered(Forest(parents: [0, 0]).status)
        var order: [Address] = []
        while asked.failed("gone") { order.append(asked.current) }
        #expect(order == [1, 0].map(Self.address))
    }

    @Test("before the first answer there is no other node to ask")
    func nobody() {
        var asked = AskedNodes(Self.address(0))
        let went = asked.failed("gone")
        #expect(!went)
        #expect(asked.current == Self.address(0))
        #expect(!asked.hasOthers)
    }
}
