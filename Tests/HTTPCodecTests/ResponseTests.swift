import HTTPCodec
import Testing

@Suite("Answers of HTTP")
struct ResponseTests {
    private func request(_ line: String, _ fields: String = "") throws -> HTTPRequest {
        try #require(requests("\(line)\r\nHost: a\r\n\(fields)\r\n").first)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("an answer tells its length, and whether it is the last")
    func whole() throws {
        let get = try request("GET / HTTP/1.1")
        let answer = HTTPResponse(status: 200, fields: ["X": "y"], body: Array("hi".utf8))
        #expect(text(answer.bytes(answering: get)) == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi")
        #expect(
            text(answer.bytes(answering: get, isLast: true))
                == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        #expect(text(answer.bytes(answering: nil)).contains("\r\nConnection: close\r\n"))
        let old = try request("GET / HTTP/1.0", "Connection: keep-alive\r\n")
        #expect(text(answer.bytes(answering: old)).contains("\r\nConnection: keep-alive\r\n"))
    }

    @Test("an answer to HEAD, and one without content, has no body")
    func bare() throws {
        let answer = HTTPResponse(status: 200, body: Array("hi".utf8))
        let head = try request("HEAD / HTTP/1.1")
        #expect(text(answer.bytes(answering: head)) == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        let get = try request("GET / HTTP/1.1")
        #expect(text(HTTPResponse(status: 204).bytes(answering: get)) == "HTTP/1.1 204 No Content\r\n\r\n")
        let upgrade = HTTPResponse(status: 101, fields: ["Connection": "Upgrade", "Upgrade": "websocket"])
        #expect(
            text(upgrade.bytes(answering: get))
                == "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    @Test("no value can begin a field of its own")
    func injection() throws {
        let answer = HTTPResponse(status: 200, fields: ["X": "a\r\nSet-Cookie: b\u{0}"])
        #expect(text(answer.bytes(answering: nil)).contains("\r\nX: a  Set-Cookie: b \r\n"))
    }

    @Test("a body in pieces is written as chunks, and ends")
    func chunks() throws {
        let stream = HTTPBodyStream(answering: try request("GET / HTTP/1.1"))
        #expect(
            text(stream.head(status: 200, fields: ["Content-Type": "text/event-stream"]))
                == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(text(stream.piece(Array("0123456789abcdef".utf8))) == "10\r\n0123456789abcdef\r\n")
        #expect(stream.piece([]).isEmpty)
        #expect(text(stream.end) == "0\r\n\r\n")
        #expect(stream.keepsAlive)
        let old = HTTPBodyStream(answering: try request("GET / HTTP/1.0"))
        #expect(text(old.head(status: 200, fields: [:])) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        #expect(text(old.piece([65])) == "A")
        #expect(old.end.isEmpty && !old.keepsAlive)
        let head = HTTPBodyStream(answering: try request("HEAD / HTTP/1.1"))
        #expect(head.piece([65]).isEmpty && head.end.isEmpty)
    }

    @Test("a fault is an answer, and the last")
    func fault() throws {
        let fault = HTTPFault(status: 400, reason: "no")
        #expect(
            text(fault.response.bytes(answering: nil))
                == "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
                + "Connection: close\r\n\r\nno\n")
    }

    @Test("dates are those of RFC 9110")
    func dates() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(HTTPDate.text(1_798_761_599) == "Thu, 31 Dec 2026 23:59:59 GMT")
        #expect(HTTPDate.text(4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
    }
}
