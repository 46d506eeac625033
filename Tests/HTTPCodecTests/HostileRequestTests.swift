import HTTPCodec
import Testing

@Suite("Requests of HTTP that are none")
struct HostileRequestTests {
    private static func get(_ fields: String) -> String { "GET / HTTP/1.1\r\n\(fields)\r\n\r\n" }

    private static let malformed: [(String, Int)] = [
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 400),
        ("{\"command\": \"LOGIN\"}\n", 400),
        ("FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\n\r\n", 505),
        ("GET / HTTP/1.1\nHost: a\n\n", 505),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (get("X: y"), 400),
        (get("Host: a\r\nHost: a"), 400),
        (get("Host: a\r\nX : y"), 400),
        (get("Host: a\r\n X: y"), 400),
        (get("Host: a\r\n: y"), 400),
        (get("Host: a\r\nX: a\u{0}b"), 400),
        (get("Host: a\r\nX: a\u{1}b"), 400),
        (get("Host: a\r\nX: a\rY: b"), 400),
        (get("Host: a\r\nX\u{1}: b"), 400),
        (get("Host: a\r\nContent-Length: -1"), 400),
        (get("Host: a\r\nContent-Length: +1"), 400),
        (get("Host: a\r\nContent-Length: 1x"), 400),
        (get("Host: a\r\nContent-Length: 0x1"), 400),
        (get("Host: a\r\nContent-Length: 1, 1"), 400),
        (get("Host: a\r\nContent-Length: 1\r\nContent-Length: 1"), 400),
        (get("Host: a\r\nContent-Length: 99999999999999999999999999"), 400),
        (get("Host: a\r\nContent-Length: 65537"), 413),
        (get("Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"), 400),
        (get("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1"), 400),
        (get("Host: a\r\nTransfer-Encoding: gzip, chunked"), 501),
        (get("Host: a\r\nTransfer-Encoding: chunked, chunked"), 400),
        (get("Host: a\r\nTransfer-Encoding: chunked, identity"), 400),
        (get("Host: a\r\nTransfer-Encoding: identity"), 501),
        (get("Host: a\r\nTransfer-Encoding: xchunked"), 501),
        (get("Host: a\r\nTransfer-Encoding: chunked") + "x\r\n", 400),
        (get("Host: a\r\nTransfer-Encoding: chunked") + "-1\r\n", 400),
        (get("Host: a\r\nTransfer-Encoding: chunked") + "1\nx\n0\n\n", 400),
        (get("Host: a\r\nTransfer-Encoding: chunked") + "1\r\nxy\r\n", 400),
        (get("Host: a\r\nTransfer-Encoding: chunked") + "fffffffffffffffff\r\n", 400),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ]

    @Test("whatever is odd gets an answer with its reason, and is the end")
    func odd() {
        for (text, status) in Self.malformed {
            let fault = fault(text)
            #expect(fault?.status == status, "\(text.debugDescription): \(String(describing: fault))")
            #expect(fault?.reason.isEmpty == false)
            let last = inputs(text, inPiecesOf: 1).last
            #expect(last == fault.map { .fault($0) }, "byte by byte: \(text.debugDescription)")
        }
    }

    @Test("a head that is too long is refused before its end comes, whatever it is made of")
    func longHead() {
        let many = String(repeating: "X: y\r\n", count: 65)
        for start in [
            "GET /" + String(repeating: "a", count: 20_000),
            "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 20_000),
            "GET / HTTP/1.1\r\n" + String(repeating: "a", count: 20_000),
            "GET / HTTP/1.1\r\nX:" + String(repeating: " ", count: 40_000),
            String(repeating: "\r\n", count: 20_000),
            "GET / HTTP/1.1\r\nHost: a\r\n" + many,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + many,
        ] {
            let fault = fault(start)
            #expect(fault?.status == 431, "\(start.prefix(40).debugDescription): \(String(describing: fault))")
        }
        #expect(fault("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 15_000)) == nil)
    }

    @Test("a body that is too long is refused before its end comes")
    func longBody() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "1000\r\n" + String(repeating: "a", count: 4096) + "\r\n"
        #expect(fault(head + String(repeating: chunk, count: 16)) == nil)
        #expect(fault(head + String(repeating: chunk, count: 16) + "1\r\nx")?.status == 413)
        #expect(fault(head + "1;" + String(repeating: "x", count: 600_000))?.status == 400)
        #expect(fault(head + String(repeating: "1\r\nx\r\n", count: 65_536)) == nil)
    }

    /// A reproducible stream of bits for made-up requests (SplitMix64).
    private struct Made: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    @Test("made-up requests are read the same in whatever pieces they come", arguments: 0..<6 as Range<UInt64>)
    func madeUp(seed: UInt64) {
        let words = [
            "GET ", "POST ", "/", "?", " HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n\r\n", "\n", "\r", "Host: a\r\n",
            "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n\r\n", "0\r\n", "abc",
            ": ",
            "Expect: 100-continue\r\n", "Connection: upgrade\r\n", "Upgrade: x\r\n", "Connection: close\r\n", "\u{0}",
            "é", " ", "\t", ";", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "X:\r\n", "PUT / HTTP/1.1\r\nHost:\r\n",
        ]
        var random = Made(state: seed)
        for _ in 0..<200 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in
                words.randomElement(using: &random)!
            }.joined()
            func plain(_ size: Int) -> [HTTPInput] {
                inputs(text, inPiecesOf: size).filter { if case .waiting = $0 { false } else { true } }
            }
            let whole = plain(.max)
            #expect(plain(1) == whole, "\(text.debugDescription)")
            #expect(plain(5) == whole, "\(text.debugDescription)")
        }
    }
}
