import Foundation
import Testing

extension RealPrograms {
    /// Programs that say something, or listen, over HTTP.
    @Suite struct APITests {}
}

/// A listener of Server-Sent Events.
private final class EventListener {
    let client: BaseClient

    init(_ bench: Bench, _ node: Node, after id: String? = nil) throws {
        client = try bench.connect(to: node, "listener")
        let field = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        try client.send(bytes: Array("GET /api/listen HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n".utf8))
        let head = try WebSocketClient.readHead(client)
        #expect(head.hasPrefix("HTTP/1.1 200 ") && head.contains("text/event-stream"))
    }

    /// The next event: its id, its type, and its data.
    func next() throws -> (id: String, type: String, data: JSONValue) {
        var fields: [String: String] = [:]
        let deadline = Deadline(within: BaseClient.patience)
        while true {
            guard case .line(let bytes) = client.descriptor.readLine(until: deadline) else {
                throw client.failure("no event", #fileID, #line)
            }
            if bytes.isEmpty { break }
            let line = String(decoding: bytes, as: UTF8.self)
            let colon = line.firstIndex(of: ":")!
            fields[String(line[..<colon])] = String(line[colon...].dropFirst(2))
        }
        let data = try JSONParser.parse(Array(fields["data", default: ""].utf8))
        return (fields["id"] ?? "", fields["event"] ?? "", data)
    }

    func hear(_ number: Int) throws -> String {
        let event = try next()
        #expect(event.type == "message" && event.data["activity"]?["n"]?.integer == number)
        return event.id
    }
}

extension RealPrograms.APITests {
    private func say(
        _ bench: Bench, _ node: Node, _ body: String, _ fields: [String] = []
    ) throws -> (status: Int, body: JSONValue?, head: String) {
        try post(bench, node, "/api/say", body, fields)
    }

    private func post(
        _ bench: Bench, _ node: Node, _ path: String, _ body: String, _ fields: [String] = []
    ) throws -> (status: Int, body: JSONValue?, head: String) {
        let client = try bench.connect(to: node)
        let head = ["POST \(path) HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)"] + fields
        try client.send(bytes: Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        let answer = String(decoding: try client.readBytesToEnd(), as: UTF8.self)
        client.close()
        let end = answer.range(of: "\r\n\r\n")?.upperBound ?? answer.endIndex
        let status = Int(answer.dropFirst(9).prefix(3)) ?? 0
        return (status, try? JSONParser.parse(Array(answer[end...].utf8)), String(answer[..<end]))
    }

    @Test func `What is said over HTTP is answered when it is safe, and everybody hears it`() throws {
        try onBench { bench in
            let node = try bench.node()
            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            let listener = try bench.client(at: child)
            let answer = try say(bench, node, #"{"n": 1, "big": 18446744073709551616}"#)
            #expect(answer.status == 200)
            #expect(answer.body?["copies"]?.integer == 2 && answer.body?["id"]?.text != nil)
            let heard = try listener.expect("ACTIVITY_BROADCAST")
            #expect(heard["activity"]?["n"] == 1 && heard["id"] == answer.body?["id"])
        }
    }

    @Test func `A name needs its secret, and a wrong one is told as a problem`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "secret")
            let listener = try bench.client(at: node)
            let right = "Authorization: Basic " + Data("anna:secret".utf8).base64EncodedString()
            #expect(try say(bench, node, #"{"n": 1}"#, [right]).status == 200)
            try listener.hear(["n": 1], from: "anna")
            let wrong = "Authorization: Basic " + Data("anna:other".utf8).base64EncodedString()
            let answer = try say(bench, node, #"{"n": 2}"#, [wrong])
            #expect(answer.status == 401 && answer.body?["status"] == 401 && answer.body?["detail"]?.text != nil)
            #expect(try say(bench, node, #"{"n": 2}"#, ["Authorization: Bearer x"]).status == 401)
        }
    }

    @Test func `A token stands for a name and its secret, at another node too, until the secret changes`() throws {
        try onBench { bench in
            let node = try bench.node()
            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            try bench.connect(to: node).register("Änne", "secret")
            let listener = try bench.client(at: child)
            let basic = "Authorization: Basic " + Data("Änne:secret".utf8).base64EncodedString()
            let given = try post(bench, node, "/api/token", "", [basic])
            #expect(given.status == 200 && given.body?["token_type"] == "Bearer")
            #expect(given.body?["expires_in"]?.integer ?? 0 > 3600)
            let bearer = "Authorization: Bearer " + (try #require(given.body?["access_token"]?.text))
            #expect(try say(bench, child, #"{"n": 1}"#, [bearer, "Idempotency-Key: one"]).status == 200)
            #expect(try say(bench, node, #"{"n": 1}"#, [bearer, "Idempotency-Key: one"]).status == 202)
            #expect(try say(bench, node, #"{"n": 2}"#, [bearer]).status == 200)
            try listener.hear(["n": 1], from: "Änne")
            try listener.hear(["n": 2], from: "Änne")
            // It brings no further one, and nobody gets one without a name.
            #expect(try post(bench, node, "/api/token", "", [bearer]).status == 401)
            #expect(try post(bench, node, "/api/token", "").status == 401)
            let talker = try bench.connect(to: node)
            try talker.send(["command": "CHANGE_SECRET", "username": "Änne", "secret": "secret", "new_secret": "other"])
            _ = try talker.expect("SECRET_CHANGED")
            #expect(try say(bench, node, #"{"n": 3}"#, [bearer]).status == 401)
        }
    }

    @Test func `After too many wrong secrets, the answer says how long to wait`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--login-attempts", "2"])
            try bench.connect(to: node).register("anna", "secret")
            let wrong = "Authorization: Basic " + Data("anna:other".utf8).base64EncodedString()
            for _ in 1...2 { #expect(try say(bench, node, "{}", [wrong]).status == 401) }
            let answer = try say(bench, node, "{}", [wrong])
            #expect(answer.status == 429 && answer.body?["status"] == 429)
            #expect(answer.head.contains("\r\nRetry-After: 1\r\n"))
        }
    }

    @Test func `A method that is not for this path is told which are`() throws {
        try onBench { bench in
            let node = try bench.node()
            for method in ["QUERY", "PUT", "TRACE"] {
                let client = try bench.connect(to: node)
                try client.send(bytes: Array("\(method) /api/say HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                let head = try WebSocketClient.readHead(client)
                #expect(head.hasPrefix("HTTP/1.1 405 ") && head.contains("\r\nAllow: POST, OPTIONS\r\n"))
            }
        }
    }

    @Test func `What is no activity is refused, and can't smuggle in other fields`() throws {
        try onBench { bench in
            let node = try bench.node()
            let listener = try bench.client(at: node)
            for body in ["", "[]", "nonsense", #"{"a":1},"cseq":9,"x":{}"#, #"{"a":1"#] {
                #expect(try say(bench, node, body).status == 400, "\(body)")
            }
            #expect(try say(bench, node, "{}", ["Idempotency-Key: " + String(repeating: "k", count: 65)]).status == 400)
            try listener.expectNothingYet()
        }
    }

    @Test func `A key makes a repetition known, at another node too`() throws {
        try onBench { bench in
            let node = try bench.node()
            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            let listener = try bench.client(at: node)
            let key = ["Idempotency-Key: 7f1a"]
            #expect(try say(bench, node, #"{"n": 1}"#, key).status == 200)
            try listener.hear(["n": 1])
            #expect(try say(bench, child, #"{"n": 1}"#, key).status == 202)
            #expect(try say(bench, child, #"{"n": 2}"#).status == 200)
            try listener.hear(["n": 2])
        }
    }

    @Test func `A listener goes on behind its last event, at another node, and misses and doubles nothing`() throws {
        try onBench { bench in
            let node = try bench.node()
            let child = try bench.node("child", under: node)
            try bench.waitForPath(of: child, [node])
            let talker = try bench.client(at: node)
            let first = try EventListener(bench, child)
            #expect(try first.next().type == "here")
            func talk(_ numbers: ClosedRange<Int>) throws {
                for number in numbers {
                    try talker.say(["n": .integer(number)])
                    try talker.hear(["n": .integer(number)])
                }
            }
            try talk(0...9)
            var id = ""
            for number in 0...4 { id = try first.hear(number) }
            first.client.close()
            try talk(10...19)
            child.killHard()
            let second = try EventListener(bench, node, after: id)
            #expect(try second.next().type == "here")
            try talk(20...29)
            for number in 5...29 { _ = try second.hear(number) }
        }
    }

    @Test func `Pages of other origins may ask if they are listed`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--web-origins", "https://chat.example"])
            #expect(try say(bench, node, "{}", ["Origin: https://evil.example"]).status == 403)
            #expect(try say(bench, node, "{}", ["Origin: https://chat.example"]).status == 200)
            let client = try bench.connect(to: node)
            let text = "OPTIONS /api/say HTTP/1.1\r\nHost: localhost\r\nOrigin: https://chat.example\r\n\r\n"
            try client.send(bytes: Array(text.utf8))
            let head = try WebSocketClient.readHead(client)
            #expect(head.hasPrefix("HTTP/1.1 204 ") && head.contains("Allow-Origin: https://chat.example"))
        }
    }
}
