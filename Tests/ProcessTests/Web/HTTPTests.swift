import Foundation
import Testing

extension RealPrograms {
    /// Requests of HTTP at the clients' port.
    @Suite struct HTTPTests {}
}

extension RealPrograms.HTTPTests {
    /// The answer to bytes on a connection of their own, which ends behind it.
    private func answer(_ bench: Bench, _ node: Node, _ text: String) throws -> String {
        let client = try bench.connect(to: node)
        client.sendAnyway(bytes: Array(text.utf8))
        let bytes = try client.readBytesToEnd()
        client.close()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `Health, the page and everything else have their answers`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make(["--web"])
            let node = try bench.node("node", flags)
            let host = "Host: localhost\r\n\r\n"
            #expect(try answer(bench, node, "GET /health HTTP/1.1\r\n" + host).hasPrefix("HTTP/1.1 200 "))
            let page = try answer(bench, node, "GET / HTTP/1.1\r\n" + host)
            #expect(page.hasPrefix("HTTP/1.1 200 ") && page.contains("<!doctype html>"))
            #expect(page.contains("Content-Security-Policy: default-src 'none'; script-src 'self'"))
            let head = try answer(bench, node, "HEAD / HTTP/1.1\r\n" + host)
            #expect(head.hasPrefix("HTTP/1.1 200 ") && head.hasSuffix("\r\n\r\n"))
            #expect(try answer(bench, node, "GET /chat.js HTTP/1.1\r\n" + host).contains("text/javascript"))
            #expect(try answer(bench, node, "GET /../etc/passwd HTTP/1.1\r\n" + host).hasPrefix("HTTP/1.1 404 "))
            #expect(try answer(bench, node, "DELETE / HTTP/1.1\r\n" + host).hasPrefix("HTTP/1.1 405 "))
            #expect(try answer(bench, node, "GET /ws HTTP/1.1\r\n" + host).hasPrefix("HTTP/1.1 426 "))
            let samples = try admin.samples()
            for (status, count) in [(200, 4.0), (404, 1), (405, 1), (426, 1)] {
                #expect(samples["coppice_http_requests_total{status=\"\(status)\"}"] == count, "\(status)")
            }
            let without = try bench.node("without a page")
            #expect(try answer(bench, without, "GET / HTTP/1.1\r\n" + host).hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func `The page uses the library for JavaScript as it is`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--web"])
            let text = try answer(bench, node, "GET /coppice.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
            let library = try String(contentsOf: root.appending(path: "clients/javascript/coppice.js"), encoding: .utf8)
            #expect(text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") == library)
        }
    }

    @Test(arguments: [
        ("no host", "GET / HTTP/1.1\r\n\r\n"), ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("no request", "GET nonsense\r\n\r\n"), ("a bad field", "GET / HTTP/1.1\r\nHost: a\r\nbad field: x\r\n\r\n"),
        ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ("length and chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("an unknown version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n"),
    ])
    func `What is odd gets an error and the end`(name: String, request: String) throws {
        try onBench { bench in
            let status = try answer(bench, try bench.node(), request).prefix(12)
            #expect(["HTTP/1.1 400", "HTTP/1.1 505"].contains(status), "\(status)")
        }
    }

    @Test func `A head that is too long, and a body that is announced as too long, are refused before they have come`()
        throws
    {
        try onBench { bench in
            let node = try bench.node()
            let long = String(repeating: "x", count: 60_000)
            #expect(try answer(bench, node, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long)").hasPrefix("HTTP/1.1 431"))
            let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
            #expect(try answer(bench, node, request).hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func `Browsers get in from the node's own page, from listed origins, and from no others`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--web-origins", "https://chat.example"])
            func status(_ origin: String, host: String = "localhost") throws -> Substring {
                let client = try bench.connect(to: node)
                let text = String(decoding: WebSocketClient.request(["Origin: \(origin)"]), as: UTF8.self)
                    .replacingOccurrences(of: "Host: localhost", with: "Host: \(host)")
                try client.send(bytes: Array(text.utf8))
                return try WebSocketClient.readHead(client).prefix(12)
            }
            let own = "localhost:\(node.port)"
            #expect(try status("http://\(own)", host: own) == "HTTP/1.1 101")
            #expect(try status("https://chat.example", host: own) == "HTTP/1.1 101")
            #expect(try status("http://127.0.0.1:\(node.port)", host: "127.0.0.1:\(node.port)") == "HTTP/1.1 101")
            #expect(try status("https://evil.example", host: own) == "HTTP/1.1 403")
            #expect(try status("null", host: own) == "HTTP/1.1 403")
            // A name of somebody else's that leads to this node.
            #expect(try status("http://evil.example", host: "evil.example") == "HTTP/1.1 403")
            // The page of another node of the network goes on here.
            let child = try bench.node("child", under: node)
            try eventually("the node knows where the other one is") {
                try status("http://localhost:\(child.port)", host: own) == "HTTP/1.1 101"
            }
        }
    }

    @Test func `A request that doesn't end is closed`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            try client.send(bytes: Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8))
            let head = try WebSocketClient.readHead(client, within: .seconds(20))
            #expect(head.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func `A flag that takes origins takes nothing else`() throws {
        try onBench { bench in
            let run = try bench.run(["node", "--web-origins", "chat.example"])
            #expect(run.status != 0 && run.errors.contains("--web-origins takes origins"))
        }
    }
}
