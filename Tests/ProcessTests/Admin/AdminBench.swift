import Foundation

/// An answer of an admin port.
struct AdminAnswer {
    let status: Int
    let fields: [String]
    let body: String
}

/// The admin port of a node: requests as any program sends them, over a plain socket.
struct AdminPort {
    let port: Int

    /// The flags of a node that has it, and the port.
    static func make(_ flags: [String] = []) throws -> (port: AdminPort, flags: [String]) {
        let port = try Sockets.freePort()
        return (AdminPort(port: port), ["--admin", "127.0.0.1:\(port)"] + flags)
    }

    func get(
        _ path: String, _ fields: [String] = [], method: String = "GET", file: StaticString = #fileID,
        line: UInt = #line
    ) throws -> AdminAnswer {
        let head = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + fields
        return try ask(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8), file: file, line: line)
    }

    /// Sends bytes, and reads to the end.
    func ask(_ bytes: [UInt8], file: StaticString = #fileID, line: UInt = #line) throws -> AdminAnswer {
        let socket = try Sockets.connect(port: port)
        defer { socket.close() }
        _ = socket.write(bytes, until: Deadline(within: .seconds(10)))
        return try Self.read(socket, file: file, line: line)
    }

    static func read(
        _ socket: Descriptor, file: StaticString = #fileID, line: UInt = #line
    ) throws -> AdminAnswer {
        var bytes: [UInt8] = []
        let deadline = Deadline(within: .seconds(20))
        reading: while true {
            switch socket.readLine(until: deadline) {
            case .line(let piece): bytes += piece + [0x0A]
            case .end(let rest):
                bytes += rest
                break reading
            case .reset: throw Failure("the admin port reset the connection", file: file, line: line)
            case .tooLate: throw Failure("the admin port doesn't end its answer", file: file, line: line)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        let head = parts[0].components(separatedBy: "\r\n")
        guard let status = head[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure("no answer of HTTP: \(text.prefix(200))", file: file, line: line)
        }
        let body = parts.dropFirst().joined(separator: "\r\n\r\n")
        return AdminAnswer(status: status, fields: Array(head.dropFirst()), body: body)
    }

    /// The samples of a scrape by their names with labels.
    func samples(_ fields: [String] = [], file: StaticString = #fileID, line: UInt = #line) throws -> [String: Double] {
        let answer = try get("/metrics", fields, file: file, line: line)
        guard answer.status == 200 else { throw Failure("/metrics answered \(answer.status)", file: file, line: line) }
        var samples: [String: Double] = [:]
        for sample in answer.body.split(separator: "\n") where !sample.hasPrefix("#") {
            guard let end = sample.lastIndex(of: " "), let value = Double(sample[sample.index(after: end)...]) else {
                throw Failure("no sample: \(sample)", file: file, line: line)
            }
            samples[String(sample[..<end])] = value
        }
        return samples
    }
}
