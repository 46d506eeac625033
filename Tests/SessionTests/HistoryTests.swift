import Foundation
import JSON
import Testing
import Tree
import Wire

@testable import Session

/// What the state machine does, step by step: the histories in clients/conformance, which the libraries for other
/// languages play, too.
@Suite("Histories of a session")
struct HistoryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../clients/conformance/histories").standardizedFileURL

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test func `There are histories`() {
        #expect(Self.names.count > 20)
    }

    @Test(arguments: names)
    func history(_ name: String) throws {
        let text = try [UInt8](Data(contentsOf: Self.folder.appending(path: "\(name).json")))
        let history = JSONValue.object(try JSONObject(parsing: text).members)
        var player = HistoryPlayer(history)
        for step in history["steps"]?.array ?? [] {
            let actual = player.perform(step)
            let expected = step["expect"]?.array ?? []
            let fits = actual.count == expected.count && zip(expected, actual).allSatisfy { $0.isFound(in: $1) }
            #expect(fits, "\(name) at \(step.text)\ndid \(actual.map(\.text))")
            guard let deadline = step["deadline"] else { continue }
            let due = player.session.nextDeadline.map { Double($0.nanoseconds) / 1e6 }
            if let expected = deadline.number {
                #expect(abs((due ?? 0) - expected) < 0.1, "\(name) at \(step.text)")
            } else {
                #expect(due == nil, "\(name) at \(step.text)")
            }
        }
    }
}

/// A session to which the steps of a history happen.
struct HistoryPlayer {
    var session: ClientSession
    private var effects: [ClientSession.Effect] = []

    init(_ history: JSONValue) {
        let client = history["client"]!
        let drawn = client["random"]?.number ?? 0
        let given = client["servers"]!.array!.map { Self.address($0.string!) }
        let identity = Identity(
            username: client["username"]?.string ?? Login.anonymous, secret: client["secret"]?.string, session: "s-1")
        session = ClientSession(
            identity, at: given, registers: client["registers"]?.bool ?? false, draw: { drawn })
    }

    private static func address(_ text: String) -> Address {
        let parts = text.split(separator: ":")
        return Address(host: String(parts[0]), port: UInt16(parts[1])!)
    }

    /// - Returns: the effects, as histories write them.
    mutating func perform(_ step: JSONValue) -> [JSONValue] {
        let now = Instant(nanoseconds: UInt64(step["at"]!.number! * 1e6))
        effects = []
        if let line = step["line"] {
            hear(line.bytes, now)
        } else if let raw = step["raw"]?.string {
            hear(Array(raw.utf8), now)
        } else if let reason = step["lost"]?.string {
            session.handle(.disconnected(reason: reason), at: now, into: &effects)
        } else if let isReading = step["reading"]?.bool {
            session.handle(.reading(isReading), at: now, into: &effects)
        } else if let activity = step["say"] {
            do {
                _ = try session.say(activity.bytes, at: now, into: &effects)
                #expect(step["fault"] == nil)
            } catch {
                #expect(step["fault"]?.string == "tooLong")
            }
        } else {
            session.handle(event(step), at: now, into: &effects)
        }
        return effects.compactMap(\.asHistoriesWriteIt)
    }

    private func event(_ step: JSONValue) -> ClientSession.Event {
        switch step["do"]?.string {
        case "start": .started
        case "connected": .connected(token: step["token"]?.string.map { Secret($0) })
        case "close": .closed
        default: .timePassed
        }
    }

    private mutating func hear(_ line: [UInt8], _ now: Instant) {
        session.handle(.received(ServerMessage(line: line)), at: now, into: &effects)
    }
}

extension ClientSession.Effect {
    /// Nil for a remark, which only people read.
    var asHistoriesWriteIt: JSONValue? {
        switch self {
        case .connect(let address): ["connect": .string("\(address)")]
        case .send(let line):
            ["send": .object((try? JSONObject(parsing: Array(line.dropLast())))?.members ?? JSONMembers())]
        case .disconnect: ["disconnect": true]
        case .tell(let telling): ["tell": telling.asHistoriesWriteIt]
        case .resolve(let receipt):
            [
                "resolve": [
                    "cseq": .integer(Int64(clamping: receipt.sequence)),
                    "copies": .integer(Int64(clamping: receipt.copies)),
                    "promised": .integer(Int64(clamping: receipt.promised)),
                    "id": receipt.id.map { .string($0.text) } ?? nil,
                    "stamp": receipt.stamp.map { .integer(Int64(clamping: $0.value)) } ?? nil,
                ]
            ]
        case .refuse(let message, let refusal):
            ["refuse": .integer(Int64(clamping: message.sequence)), "code": .string(refusal.code)]
        case .remark: nil
        case .end(let fault): ["end": fault.map { .string($0.reason.rawValue) } ?? nil]
        }
    }
}

extension ClientSession.Refusal {
    fileprivate var code: String {
        switch self {
        case .tooLong: "tooLong"
        case .byServer: "messageRefused"
        case .ended(let fault): fault?.reason.rawValue ?? "closed"
        }
    }
}

extension ClientSession.Telling {
    fileprivate var asHistoriesWriteIt: JSONValue {
        switch self {
        case .message(let broadcast, let isOwn):
            [
                "type": "message", "activity": .object(broadcast.activity), "sender": .string(broadcast.sender),
                "id": broadcast.id.map { .string($0.text) } ?? nil,
                "stamp": broadcast.stamp.map { .integer(Int64(clamping: $0.value)) } ?? nil,
                "session": broadcast.session.map { .string($0) } ?? nil,
                "cseq": broadcast.sequence.map { .integer(Int64(clamping: $0)) } ?? nil,
                "copies": broadcast.copies.map { .integer(Int64(clamping: $0)) } ?? nil,
                "late": .bool(broadcast.isLate),
                "own": .bool(isOwn),
            ]
        case .gap(let gap):
            [
                "type": "gap", "origin": .string(gap.origin), "first": .integer(Int64(clamping: gap.from)),
                "last": .integer(Int64(clamping: gap.through)),
            ]
        case .connected(let address, let name, let resumed):
            [
                "type": "connected", "server": .string("\(address)"), "name": .string(name), "resumed": .bool(resumed),
            ]
        case .caughtUp(let missed): ["type": "caughtUp", "missed": .integer(Int64(clamping: missed))]
        case .lost(let address, let reason, _, _):
            ["type": "lost", "server": .string("\(address)"), "reason": .string(reason)]
        case .notice(let info, let waits):
            ["type": "notice", "info": .string(info), "waits": waits.map { .bool($0) } ?? nil]
        }
    }
}

extension JSONValue {
    fileprivate var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        default: nil
        }
    }

    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether all that is expected is there; null stands for what must not be.
    fileprivate func isFound(in actual: JSONValue?) -> Bool {
        switch self {
        case .object(let expected) where actual?.object != nil:
            expected.list.allSatisfy { $0.value.isFound(in: actual?[$0.key]) }
        case .null: actual == nil || actual == .null
        default: self == actual
        }
    }
}
