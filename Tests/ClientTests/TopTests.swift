import JSON
import Testing
import Wire

@testable import Client

@Suite struct `The table of all nodes` {
    /// A status of nodes, each as fields besides its address.
    private func status(_ nodes: [(port: Int, fields: String)], complete: Bool = true) throws -> TreeStatus {
        let list = nodes.map { #"{"id":"n\#($0.port)","hostname":"localhost","port":\#($0.port),\#($0.fields)}"# }
        let line = #"{"command":"STATUS","complete":\#(complete),"nodes":[\#(list.joined(separator: ","))]}"#
        guard case .status(let status) = StatusAnswer(line: Array(line.utf8)) else {
            throw Misread(line: line)
        }
        return status
    }

    private struct Misread: Error { let line: String }

    private func work(at milliseconds: Int, _ accepted: Int, _ deliveries: Int, slowest: Int = 0) -> String {
        #""work":{"sampled_ms":\#(milliseconds),"accepted":\#(accepted),"deliveries":\#(deliveries),"#
            + #""bytes_read":\#(accepted * 100),"bytes_written":\#(deliveries * 100),"slowest_bytes":\#(slowest),"#
            + #""longest_turn":1234}"#
    }

    private func table(width: Int? = nil, by column: TopColumn = .clients) -> TopTable {
        TopTable(style: Style(hasColour: false), width: width, order: TopOrder(column))
    }

    @Test func `has what each node does in a second, and in all`() throws {
        var history = TopRows()
        func answer(_ milliseconds: Int, _ said: Int) throws -> TreeStatus {
            let link = #"{"id":"x","hostname":"localhost","port":1,"role":"child","state":"open","behind":3}"#
            return try status([
                (
                    3780,
                    #""root":true,"clients":2,"queue":7,"log":1,"links":[\#(link)],"#
                        + work(at: milliseconds, said, said * 2)
                ),
                (
                    3781,
                    #""root":false,"clients":40,"queue":0,"log":1,"links":[],"#
                        + work(at: milliseconds, 0, said * 40, slowest: 12_345)
                ),
            ])
        }
        _ = history.rows(of: try answer(1000, 0))
        let last = try answer(3000, 1000)
        let rows = history.rows(of: last)
        #expect(
            table().draw(last, rows, asked: "localhost:3780") == """
                2 nodes, 42 clients: 500 messages/s in, 21.0k/s out; asked: localhost:3780
                node            clients  in/s out/s  rx/s  tx/s queue   lag slowest links  turn
                localhost:3781       40     0 20.0k     0  2.0M     0     0   12.3k     0 1.2ms
                localhost:3780*       2   500  1000 50.0k  100k     7     3       0     1 1.2ms

                """)
    }

    @Test func `knows no rate of a node that has just come, that was restarted, or is too old to tell`() throws {
        var history = TopRows()
        let old = (3782, #""clients":1,"queue":0,"log":1"#)
        _ = history.rows(of: try status([(3780, work(at: 5000, 900, 900)), old]))
        let later = try status([(3780, work(at: 9000, 3, 3)), (3781, work(at: 5000, 1, 1)), old])
        let rows = history.rows(of: later)
        #expect(rows.map(\.rates) == [nil, nil, nil])
        #expect(table().draw(later, rows, asked: "a").contains("     -     -     -"))
    }

    @Test func `keeps a rate while the node has counted nothing new`() throws {
        var history = TopRows()
        _ = history.rows(of: try status([(3780, work(at: 1000, 0, 0))]))
        let second = history.rows(of: try status([(3780, work(at: 2000, 50, 0))]))
        let third = history.rows(of: try status([(3780, work(at: 2000, 50, 0))]))
        #expect(second[0].rates?.said == 50)
        #expect(third[0].rates == second[0].rates)
        let fourth = history.rows(of: try status([(3780, work(at: 3000, 50, 0))]))
        #expect(fourth[0].rates?.said == 0)
    }

    @Test func `is sorted by each column, and the other way round by the same key`() throws {
        let nodes = [(2, #""clients":5,"queue":1"#), (1, #""clients":9,"queue":3"#), (3, #""clients":9,"queue":2"#)]
        let rows = TopRowsOnce.rows(of: try status(nodes))
        func ports(_ order: TopOrder) -> [Int64] { order.sorted(rows).map(\.node.port) }
        var order = TopOrder(.clients)
        func press(_ key: Character) -> Bool { order.press(key) }
        #expect(ports(order) == [1, 3, 2])
        #expect(press("c"))
        #expect(ports(order) == [2, 1, 3])
        #expect(!press("q"))
        #expect(press("n"))
        #expect(ports(order) == [1, 2, 3])
        #expect(press("n"))
        #expect(ports(order) == [3, 2, 1])
        // Nothing is known of turns: then names decide.
        #expect(press("t"))
        #expect(ports(order) == [1, 2, 3])
        #expect(TopColumn.allCases.allSatisfy { $0.key != "q" })
        #expect(Set(TopColumn.allCases.map(\.key)).count == TopColumn.allCases.count)
    }

    @Test func `says below it what isn't in order, with nothing of others' text unescaped`() throws {
        let link = #"{"id":"x","hostname":"b\u001b[2J","port":1,"role":"child","state":"congested","behind":1200}"#
        let last = try status([
            (
                3780,
                #""clients":1,"links":[\#(link)],"lag":{"policy":"wait","waited_ms":2500,"left_behind":[]},"#
                    + #""unjoined":{"hostname":"p","port":1,"info":"no answer"}"#
            )
        ])
        let text = table().draw(last, TopRowsOnce.rows(of: last), asked: "a")
        #expect(text.contains(" 0/1 "))
        #expect(text.contains(#"localhost:3780: the child b\u001b[2J:1 is congested, 1200 messages behind"#))
        #expect(text.contains("clients of localhost:3780 have waited 2 s for copies or stamps"))
        #expect(text.contains("localhost:3780 is not joined: the parent at p:1 can't be had: no answer"))
        #expect(!text.contains("\u{1b}"))
        let many = try status((1...20).map { ($0, #""clients":1,"links":[\#(link)]"#) }, complete: false)
        let long = table().draw(many, TopRowsOnce.rows(of: many), asked: "a")
        #expect(long.contains("… and 14 more"))
        #expect(long.hasPrefix("incomplete; "))
    }

    @Test(arguments: [20, 40, 79, 120])
    func `fits into every width, with the end of long names`(width: Int) throws {
        let name = String(repeating: "very-", count: 10) + "long.example.org"
        let line =
            #"{"command":"STATUS","nodes":[{"id":"a","hostname":"\#(name)","port":3780,"root":true,"#
            + #""clients":123456789,"# + work(at: 1, 1, 1) + "}]}"
        guard case .status(let status) = StatusAnswer(line: Array(line.utf8)) else { throw Misread(line: line) }
        var drawn = table(width: width)
        drawn.hasKeys = true
        let lines = drawn.draw(status, TopRowsOnce.rows(of: status), asked: name).split(separator: "\n")
        for line in lines { #expect(line.count <= width, "\(line)") }
        #expect(lines[2].contains(":3780*"))
        #expect(lines[2].contains("123M") == (width > 20))
    }

    @Test(arguments: [
        (0.0, "0"), (0.04, "0.1"), (0.44, "0.4"), (7, "7"), (999.6, "1000"), (9999.4, "9999"), (9999.6, "10.0k"),
        (61_234, "61.2k"),
        (999_960, "1.0M"), (999_940, "1000k"), (53_100_000, "53.1M"), (1e15, "1.0P"), (1e21, "1000E"),
    ])
    func `has numbers of five characters`(number: Double, text: String) {
        #expect(TopNumber.short(number) == text)
        #expect(text.count <= 5)
    }

    @Test(
        arguments: [
            (0, "0"), (80, "80us"), (999, "999us"), (1200, "1.2ms"), (9960, "10ms"), (99_940, "100ms"),
            (250_400, "250ms"), (999_400, "999ms"),
            (999_600, "1.0s"), (12_000_000, "12s"), (3_600_000_000, "3600s"),
        ] as [(Int64, String)])
    func `has times of five characters`(microseconds: Int64, text: String) {
        #expect(TopNumber.duration(microseconds: microseconds) == text)
    }
}

/// The rows of a single answer.
private enum TopRowsOnce {
    static func rows(of status: TreeStatus) -> [TopRow] {
        var history = TopRows()
        return history.rows(of: status)
    }
}
