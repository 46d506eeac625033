import TLS
import UV

/// A link's whole handshake between two ends, whose bytes an input cuts, holds back, changes, drops, doubles and makes
/// up: it opens for those who both know the secret, and for nobody else; what is heard is what was said; and what
/// nobody changes opens.
///
/// ```
///   kind       who the two are (`HandshakeKind`)
///   op         1 bit the direction, 3 bits what is done with the bytes that are under way there
/// ```
public struct HandshakeScript {
    private let kind: HandshakeKind
    private let ends: [HandshakeEnd]
    private var fault: String?

    /// - Returns: what went wrong; nil if nothing did, as it has to be.
    public static func fault(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        guard let kind = HandshakeKind(rawValue: script.byte() % HandshakeKind.allCases.count) else { return nil }
        do {
            var run = try HandshakeScript(kind, isPlanted: isPlanted)
            return run.play(&script)
        } catch {
            return "\(error)"
        }
    }

    private init(_ kind: HandshakeKind, isPlanted: Bool) throws {
        self.kind = kind
        let (dialler, answerer) = try HandshakeContexts.shared.pair(kind, isPlanted: isPlanted)
        ends = [try HandshakeEnd(dialler), try HandshakeEnd(answerer)]
    }

    private mutating func play(_ script: inout Script) -> String? {
        for _ in 0..<64 where !script.isEmpty && fault == nil {
            let op = script.byte()
            let from = op & 1
            let sender = ends[from]
            switch op >> 1 & 7 {
            case 0: carry(from, script.byte())
            case 1: carry(from, .max)
            case 2: sender.flip(at: script.number(), bit: script.byte() & 7)
            case 3: sender.drop(script.byte(), at: script.number())
            case 4: sender.insert(script.bytes(script.byte() & 63), at: script.number())
            case 5: sender.double(script.byte(), at: script.number())
            case 6: sender.say(script.bytes(1 + script.byte() & 15))
            default: sender.repeatAll()
            }
        }
        while fault == nil, ends.contains(where: { !$0.underWay.isEmpty }) {
            carry(0, .max)
            carry(1, .max)
        }
        return fault ?? faultAtEnd
    }

    /// Whether the two have to get a link if nobody changes what they say, and may not have one otherwise.
    private var faultAtEnd: String? {
        guard kind.opens, ends.allSatisfy({ !$0.isChanged }) else { return nil }
        for end in ends where end.filter.state != .open || !end.filter.provedLinkKey {
            return "\(kind): nothing was changed, and it is \(end.filter.state)"
        }
        return ends[0].heard == ends[1].said && ends[1].heard == ends[0].said
            ? nil : "\(kind): nothing was changed, and not all was heard"
    }

    /// Delivers bytes that are under way, record by record.
    private mutating func carry(_ from: Int, _ count: Int) {
        var left = count
        while left > 0, fault == nil {
            let piece = ends[from].takeRecord(left)
            guard !piece.isEmpty else { return }
            left -= piece.count
            let receiver = ends[1 - from]
            let wasOpen = receiver.filter.hasOpened
            receiver.receive(piece)
            if !wasOpen, receiver.filter.hasOpened { fault = faultOfOpening(receiver, ends[from]) }
            if !ends[from].said.starts(with: receiver.heard) { fault = fault ?? "\(kind): it hears what nobody said" }
        }
    }

    private func faultOfOpening(_ end: HandshakeEnd, _ other: HandshakeEnd) -> String? {
        if !kind.opens { return "\(kind): it opens" }
        if !end.filter.provedLinkKey { return "\(kind): it opens without a proof" }
        if end.filter.isCertifiedLink != kind.isCertified { return "\(kind): it is of another kind" }
        let heard = HandshakeRecords(other.delivered)
        if !HandshakeRecords(other.sent).begins(with: heard) { return "\(kind): it opens although it was changed" }
        return nil
    }
}

/// One end: its filter, and what it sends.
final class HandshakeEnd {
    let filter: TLSFilter
    /// What it has sent and nobody has got yet. An input changes it.
    private(set) var underWay: [UInt8] = []
    private(set) var sent: [UInt8] = []
    private(set) var delivered: [UInt8] = []
    /// Something was done to what it sends.
    private(set) var isChanged = false
    /// The text that it has said and heard.
    private(set) var said: [UInt8] = []
    private(set) var heard: [UInt8] = []
    /// So many bytes of the record that is being delivered are still to come; its header first.
    private var header: [UInt8] = []
    private var bodyLeft = 0

    init(_ context: TLSContext) throws(TLSError) {
        filter = try TLSFilter(context)
        filter.begin { send($0) }
    }

    private func send(_ bytes: RawSpan) {
        bytes.withUnsafeBytes {
            sent += $0
            underWay += $0
        }
    }

    func receive(_ bytes: [UInt8]) {
        filter.receive(bytes.span.bytes) {
            send($0)
        } text: {
            $0.withUnsafeBytes { heard += $0 }
        }
    }

    /// Before the link is open nothing can be said.
    func say(_ text: [UInt8]) {
        guard filter.state == .open else { return }
        said += text
        filter.write(text.span.bytes) { send($0) }
    }

    /// The next bytes that are under way, at most to the end of a record (RFC 8446, section 5.1).
    func takeRecord(_ limit: Int) -> [UInt8] {
        var count = 0
        while count < min(limit, underWay.count) {
            if bodyLeft > 0 {
                let step = min(bodyLeft, limit - count, underWay.count - count)
                bodyLeft -= step
                count += step
                if bodyLeft == 0 { break }
            } else {
                header.append(underWay[count])
                count += 1
                guard header.count == 5 else { continue }
                bodyLeft = Int(header[3]) << 8 | Int(header[4])
                header = []
                if bodyLeft == 0 { break }
            }
        }
        let piece = Array(underWay.prefix(count))
        underWay.removeFirst(count)
        delivered += piece
        return piece
    }

    // MARK: What is done to it

    func flip(at position: Int, bit: Int) {
        guard !underWay.isEmpty else { return }
        isChanged = true
        underWay[position % underWay.count] ^= 1 << bit
    }

    func drop(_ count: Int, at position: Int) {
        guard count > 0, !underWay.isEmpty else { return }
        isChanged = true
        let start = position % underWay.count
        underWay.removeSubrange(start..<min(underWay.count, start + count))
    }

    func insert(_ bytes: [UInt8], at position: Int) {
        guard !bytes.isEmpty else { return }
        isChanged = true
        underWay.insert(contentsOf: bytes, at: position % (underWay.count + 1))
    }

    func double(_ count: Int, at position: Int) {
        guard count > 0, !underWay.isEmpty else { return }
        let start = position % underWay.count
        insert(Array(underWay[start..<min(underWay.count, start + count)]), at: start)
    }

    /// Somebody who has listened says all of it once more.
    func repeatAll() { insert(sent, at: underWay.count) }
}
