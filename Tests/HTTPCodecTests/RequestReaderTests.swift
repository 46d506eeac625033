import HTTPCodec
import Testing

@Suite("Requests of HTTP")
struct RequestReaderTests {
    private static let post = "POST /say?to=all&x=%41+b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    private static let chunked =
        "POST /say HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: v\r\n\r\n"

    @Test("a request is the same in one piece and byte by byte", arguments: [1, 2, 7, .max])
    func pieces(size: Int) throws {
        let all = requests(Self.post + Self.chunked + "GET / HTTP/1.1\r\nHost:\r\n\r\n", inPiecesOf: size)
        try #require(all.count == 3)
        #expect(all[0].method == "POST")
        #expect(all[0].path == "/say")
        #expect(all[0].query == "to=all&x=%41+b")
        #expect(all[0].queryValues("x") == ["A b"])
        #expect(all[0].queryValues("none") == [])
        #expect(all[0].body == Array("hello".utf8))
        #expect(all[0].fields.single("hOST") == "a")
        #expect(all[1].body == Array("hello".utf8))
        #expect(all[2].method == "GET")
        #expect(all[2].body.isEmpty)
        #expect(all.allSatisfy { $0.keepsAlive && !$0.isOld && $0.upgrades.isEmpty })
    }

    @Test("who says that a request is the last, or speaks HTTP/1.0, gets no further answer")
    func keepingAlive() {
        let close = requests("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")
        #expect(close.map(\.keepsAlive) == [false])
        let old = requests("GET / HTTP/1.0\r\n\r\n")
        #expect(old.map(\.keepsAlive) == [false])
        #expect(old.map(\.isOld) == [true])
        #expect(requests("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").map(\.keepsAlive) == [true])
    }

    @Test("who waits before its body is told to go on, unless the body is there already")
    func waiting() throws {
        let reader = HTTPRequestReader()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n"
        let first = reader.inputs(Array(head.utf8))
        guard case .waiting(let request)? = first.first, first.count == 1 else {
            Issue.record("not told: \(first)")
            return
        }
        #expect(request.path == "/")
        #expect(reader.progress == .body)
        let second = reader.inputs(Array("hi".utf8))
        #expect(second.count == 1)
        guard case .request(let whole)? = second.first else {
            Issue.record("no request")
            return
        }
        #expect(whole.body == Array("hi".utf8))
        #expect(reader.progress == .idle)
        #expect(inputs(head + "hi").count == 1)
        #expect(fault(head.replacing("100-Continue", with: "miracles"))?.status == 417)
    }

    @Test("a target may name the host, and stars and paths are told apart")
    func targets() {
        func path(_ line: String) -> String? {
            requests("\(line) HTTP/1.1\r\nHost: a\r\n\r\n").first.map { $0.path + ($0.query.map { "?" + $0 } ?? "") }
        }
        #expect(path("GET http://a.example:80/x?y") == "/x?y")
        #expect(path("GET HTTP://a.example") == "/")
        #expect(path("GET http://a.example?y") == "/?y")
        #expect(path("OPTIONS *") == "*")
        #expect(path("GET //x") == "//x")
        #expect(path("GET *") == nil)
        #expect(path("GET a.example:80") == nil)
    }

    @Test("what follows an upgrade is handed back as it came, and what follows a refused one is read")
    func upgrading() throws {
        let upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
        let frames = Array("\u{1}\u{2}GET / HTTP/1.1\r\n\r\n".utf8) + [0, 255]
        for size in [1, 50, Int.max] {
            let reader = HTTPRequestReader()
            var bytes = (Array(upgrade.utf8) + frames)[...]
            var seen: HTTPInput?
            while seen == nil, !bytes.isEmpty {
                let piece = Array(bytes.prefix(size))
                bytes = bytes.dropFirst(piece.count)
                reader.receive(piece.span.bytes)
                seen = reader.next()
            }
            guard case .request(let request)? = seen else {
                Issue.record("no request: \(String(describing: seen))")
                return
            }
            #expect(request.upgrades == ["websocket"])
            #expect(reader.giveUp() + bytes == frames)
            #expect(reader.next() == nil)
        }
        let other = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
        #expect(requests(other + Self.post + other + Self.post).map(\.path) == ["/", "/say", "/", "/say"])
        #expect(requests(other + Self.post, inPiecesOf: 1).map(\.body.count) == [0, 5])
    }

    @Test("the requests before a fault are answered first, and nothing follows it")
    func faultIsLast() {
        let all = inputs(Self.post + "nonsense\r\n\r\n" + Self.post)
        #expect(all.count == 2)
        guard case .request? = all.first, case .fault(let fault)? = all.last else {
            Issue.record("\(all)")
            return
        }
        #expect(fault.status == 400)
        #expect(inputs("nonsense\r\n\r\n" + Self.post, inPiecesOf: 1).count == 1)
    }

    @Test("a thousand requests at once are parsed no faster than they are taken")
    func pipelining() {
        let reader = HTTPRequestReader()
        let bytes = Array(String(repeating: "GET / HTTP/1.1\r\nHost:\r\n\r\n", count: 1000).utf8)
        reader.receive(bytes.span.bytes)
        var count = 0
        while let input = reader.next() {
            guard case .request = input else { break }
            count += 1
            #expect(reader.hasBacklog == (count < 1000))
        }
        #expect(count == 1000)
        #expect(reader.progress == .idle)
    }

    @Test("a connection tells how much of a request has come")
    func progress() {
        let reader = HTTPRequestReader()
        #expect(reader.progress == .idle)
        _ = reader.inputs(Array("GET".utf8))
        #expect(reader.progress == .head)
        _ = reader.inputs(Array(" / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n".utf8))
        #expect(reader.progress == .body)
        _ = reader.inputs(Array("x".utf8))
        #expect(reader.progress == .idle)
    }

    @Test("a percent sign needs two digits, and the result has to be UTF-8")
    func percent() {
        #expect(HTTPRequest.decoded("a%20%c3%A9") == "a é")
        #expect(HTTPRequest.decoded("%") == nil)
        #expect(HTTPRequest.decoded("%2") == nil)
        #expect(HTTPRequest.decoded("%zz") == nil)
        #expect(HTTPRequest.decoded("%ff") == nil)
        #expect(HTTPRequest.decoded("a+b") == "a+b")
    }
}
