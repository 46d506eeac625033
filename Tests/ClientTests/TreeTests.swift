import JSON
import Testing
import Wire

@testable import Client

@Suite("The tree's picture")
struct TreeTests {
    /// The report's six nodes. The asked one is d, with the children e and f.
    private static let six: String = {
        func reference(_ name: String) -> String {
            #"{"id":"\#(name)aaaaaaaaaaaa","hostname":"localhost","port":\#(3780 + Int(name.utf8.first!) - 97)}"#
        }
        func node(_ name: String, path: [String], children: [String], deadpool: [String] = []) -> String {
            let own = reference(name).dropLast()
            let lists = [("path", path), ("children", children), ("deadpool", deadpool)].map { key, names in
                #""\#(key)":[\#(names.map(reference).joined(separator: ","))]"#
            }
            let heir = children.first.map(reference) ?? "null"
            return own + #","root":\#(path.isEmpty),"#
                + lists.joined(separator: ",") + #","heir":\#(heir),"clients":1,"queue":0,"log":7,"stamp":"5"}"#
        }
        let nodes = [
            node("d", path: ["b", "a"], children: ["f", "e"], deadpool: ["a", "c"]),
            node("a", path: [], children: ["b", "c"]), node("b", path: ["a"], children: ["d"]),
            node("c", path: ["a"], children: []), node("e", path: ["d", "b", "a"], children: []),
            node("f", path: ["d", "b", "a"], children: []),
        ]
        return #"{"command":"STATUS","complete":true,"nodes":[\#(nodes.joined(separator: ","))]}"#
    }()

    private func parsed(_ line: String) -> TreeStatus? {
        guard case .status(let status) = StatusAnswer(line: Array(line.utf8)) else { return nil }
        return status
    }

    @Test("shows each node under its parent, marks the asked one, and describes it")
    func picture() throws {
        let status = try #require(parsed(Self.six))
        #expect(
            TreePicture.draw(status, Style(hasColour: false)) == """
                node                                  clients  queue  log  deadpool
                aaaaaa localhost:3780  root                 1      0    7
                ├─ baaaaa localhost:3781                    1      0    7
                │  └─ daaaaa localhost:3783  ◀ asked        1      0    7  :3780 :3782
                │     ├─ faaaaa localhost:3785              1      0    7
                │     └─ eaaaaa localhost:3784              1      0    7
                └─ caaaaa localhost:3782                    1      0    7

                asked     daaaaa localhost:3783, depth 2
                parent    baaaaa localhost:3781
                above     aaaaaa localhost:3780
                children  faaaaa localhost:3785, eaaaaa localhost:3784
                heir      faaaaa localhost:3785
                deadpool  aaaaaa localhost:3780, caaaaa localhost:3782

                """)
    }

    @Test("says whose clients wait, since when and for whom, and who is left behind")
    func slowLinks() throws {
        let slow = #"{"id":"b","hostname":"h","port":2}"#
        let status = try #require(
            parsed(
                #"{"command":"STATUS","nodes":[{"id":"a","hostname":"h","port":1,"root":true,"path":[],"lag":{"#
                    + #""policy":"gap","waited_ms":12345,"waits_for":\#(slow),"left_behind":[\#(slow)]}},"#
                    + #"{"id":"b","hostname":"h","port":2,"path":[{"id":"a","hostname":"h","port":1}]}]}"#))
        let picture = TreePicture.draw(status, Style(hasColour: false))
        #expect(picture.contains("a h:1  root  waits  ◀ asked"), "\(picture)")
        #expect(picture.contains("b h:2  left behind"), "\(picture)")
        #expect(picture.contains("clients of h:1 have waited 12 s for the link to h:2\n"), "\(picture)")
    }

    @Test("for programs: the asked node's fields on top, and all nodes, itself included")
    func json() throws {
        let tree = try #require(parsed(Self.six)).json
        #expect(tree["id"]?.string == "daaaaaaaaaaaa")
        #expect(tree["port"]?.integer == 3783)
        #expect(tree["nodes"]?.array?.count == 6)
        #expect(tree["path"]?.array?.compactMap { $0["port"]?.integer } == [3781, 3780])
        #expect(tree["command"] == nil)
        for key in ["hostname", "root", "deadpool", "heir", "children", "clients", "queue", "log", "stamp"] {
            #expect(tree[key] != nil, "\(key)")
        }
    }

    @Test("nodes that contradict one another are all shown, each once")
    func contradictions() throws {
        let status = try #require(
            parsed(
                #"{"command":"STATUS","complete":false,"nodes":["#
                    + [("x", "y"), ("y", "x"), ("z", "gone")].map {
                        #"{"id":"\#($0)","hostname":"h\#($0)","port":1,"root":false,"#
                            + #""path":[{"id":"\#($1)","hostname":"h\#($1)","port":1}]}"#
                    }.joined(separator: ",") + "]}"))
        let picture = TreePicture.draw(status, Style(hasColour: false))
        for name in ["x hx:1  ", "y hy:1  ", "z hz:1  "] {
            #expect(picture.components(separatedBy: name) == 2, "\(name) in \(picture)")
        }
        #expect(picture.contains("incomplete"))
    }

    @Test("other answers are recognised")
    func otherAnswers() {
        let refusal = Array(#"{"command":"AUTHENTICATION_FAIL","info":"no"}"#.utf8)
        #expect(StatusAnswer(line: refusal) == .refused(info: "no"))
        #expect(
            StatusAnswer(line: Array(#"{"command":"INVALID_MESSAGE","info":"unknown message"}"#.utf8))
                == .other(info: "unknown message"))
        for line in [#"{"command":"STATUS"}"#, #"{"command":"STATUS","nodes":[]}"#, "x", "[]"] {
            guard case .other = StatusAnswer(line: Array(line.utf8)) else {
                Issue.record("taken: \(line)")
                continue
            }
        }
    }
}

extension String {
    /// How many parts a separator divides the text into.
    fileprivate func components(separatedBy separator: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
