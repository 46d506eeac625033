import JSON
import Tree

/// Reads the three most frequent messages without a parser: activities of clients, and entries and acknowledgements on
/// links.
///
/// It knows only their usual form, and returns nil for any other line; `Decoding` then lets jansson read the line. What
/// it returns is what `Decoding` would have made of the line. The differential tests and `make fuzz` compare the two.
package enum QuickDecoding {
    package static func message(_ line: RawSpan, depthLimit: Int) -> Message? {
        var fields = Fields()
        let isObject = StrictScan.accepts(line, depthLimit: depthLimit, bigNumbers: Decoding.bigNumbers) {
            fields.take($0, of: line)
        }
        guard isObject, !fields.isUnusual else { return nil }
        switch fields.command {
        case .activityMessage: return activity(fields, line)
        case .activityBroadcast: return entry(fields, line)
        case .acknowledge: return acknowledgement(fields, line)
        case nil: return nil
        }
    }

    private enum Command {
        case activityMessage
        case activityBroadcast
        case acknowledge
    }

    /// The members of these messages, as ranges of the line.
    private struct Fields {
        var command: Command?
        var username: Range<Int>?
        var secret: Range<Int>?
        var activity: Range<Int>?
        var cseq: Range<Int>?
        var session: Range<Int>?
        var id: Range<Int>?
        var stamp: Range<Int>?
        var hop: Range<Int>?
        var stored: Range<Int>?
        var safe: Range<Int>?
        var confirmed: Range<Int>?
        var carried: Range<Int>?
        /// A member that is needed doesn't have its usual type.
        var isUnusual = false

        mutating func take(_ member: StrictScan.Member, of line: RawSpan) {
            // A member that is null counts as absent.
            if member.kind == .null { return }
            func isKey(_ key: StaticString) -> Bool { line.hasBytes(key, at: member.key.lowerBound) }
            switch member.key.count {
            case 2 where isKey("id"): id = plain(member)
            case 3 where isKey("hop"): hop = integer(member)
            case 4 where isKey("cseq"): cseq = integer(member)
            case 4 where isKey("safe"): safe = integer(member)
            case 5 where isKey("stamp"): stamp = plain(member)
            case 6 where isKey("secret"): secret = plain(member)
            case 6 where isKey("stored"): stored = integer(member)
            case 7 where isKey("carried"): carried = integer(member)
            case 7 where isKey("session"): session = plain(member)
            case 7 where isKey("command"):
                guard let value = plain(member) else { return }
                command =
                    switch value.count {
                    case 16 where line.hasBytes("ACTIVITY_MESSAGE", at: value.lowerBound): .activityMessage
                    case 18 where line.hasBytes("ACTIVITY_BROADCAST", at: value.lowerBound): .activityBroadcast
                    case 11 where line.hasBytes("ACKNOWLEDGE", at: value.lowerBound): .acknowledge
                    default: nil
                    }
            case 8 where isKey("activity"):
                activity = member.kind == .object ? member.value : unusual()
            case 8 where isKey("username"): username = plain(member)
            case 9 where isKey("confirmed"): confirmed = integer(member)
            default: break
            }
        }

        private mutating func plain(_ member: StrictScan.Member) -> Range<Int>? {
            member.kind == .plainString ? member.value : unusual()
        }

        private mutating func integer(_ member: StrictScan.Member) -> Range<Int>? {
            member.kind == .integer ? member.value : unusual()
        }

        private mutating func unusual() -> Range<Int>? {
            isUnusual = true
            return nil
        }
    }

    // MARK: The messages

    private static func activity(_ fields: Fields, _ line: RawSpan) -> Message? {
        guard let username = fields.username, let activity = fields.activity else { return nil }
        var sequence: UInt64?
        if let cseq = fields.cseq {
            guard let number = line.number(cseq), number > 0 else { return nil }
            sequence = number
        }
        let name = line.text(username)
        var secret: Secret?
        if let range = fields.secret, name != Login.anonymous { secret = Secret(line.text(range)) }
        return .activity(
            ActivityMessage(
                username: name, secret: secret,
                text: line.extracting(activity).withUnsafeBytes { [UInt8]($0) }, sequence: sequence))
    }

    private static func entry(_ fields: Fields, _ line: RawSpan) -> Message? {
        guard let activity = fields.activity, let id = fields.id, let hop = fields.hop, let stamp = fields.stamp,
            let (origin, sequence) = IdentityText.entry(line, id),
            let hopCount = line.number(hop), let hops = UInt8(exactly: hopCount), let stampValue = line.number(stamp),
            stampValue <= Stamp.limit.value
        else { return nil }
        let text = line.extracting(activity).withUnsafeBytes { [UInt8]($0) }
        guard let sender = sender(of: text), sender.utf8.count <= FieldBounds.nameBytes else { return nil }
        var retry: RetryKey?
        if let session = fields.session {
            guard session.count <= FieldBounds.sessionBytes, let cseq = fields.cseq, let number = line.number(cseq),
                number > 0
            else { return nil }
            retry = RetryKey(session: line.text(session), sequence: number)
        }
        return .entry(
            Entry(
                origin: origin, sequence: sequence, stamp: Stamp(stampValue),
                body: .activity(Activity(sender: sender, text: text, retry: retry))), hop: hops)
    }

    /// The user named in the activity; nil if the name isn't a plain string.
    private static func sender(of text: [UInt8]) -> String? {
        guard let range = JSONText.valueRange(ofKey: "authenticated_user", in: text), range.count >= 2,
            text[range.lowerBound] == UInt8(ascii: "\""), !text[range].contains(UInt8(ascii: "\\"))
        else { return nil }
        return String(decoding: text[range.lowerBound + 1..<range.upperBound - 1], as: UTF8.self)
    }

    private static func acknowledgement(_ fields: Fields, _ line: RawSpan) -> Message? {
        guard let stored = fields.stored, let safe = fields.safe, let confirmed = fields.confirmed,
            let storedCount = line.number(stored), let safeCount = line.number(safe),
            let confirmedCount = line.number(confirmed)
        else { return nil }
        var carriedCount = storedCount
        if let carried = fields.carried {
            guard let count = line.number(carried) else { return nil }
            carriedCount = count
        }
        return .acknowledge(
            Acknowledgement(stored: storedCount, safe: safeCount, confirmed: confirmedCount, carried: carriedCount))
    }
}

extension RawSpan {
    /// Whether these bytes stand at this position. False if the line ends before.
    func hasBytes(_ wanted: StaticString, at position: Int) -> Bool {
        let count = wanted.utf8CodeUnitCount
        guard position + count <= byteCount else { return false }
        for offset in 0..<count {
            if unsafeLoad(fromByteOffset: position + offset, as: UInt8.self) != wanted.utf8Start[offset] {
                return false
            }
        }
        return true
    }

    fileprivate func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of 1 to 19 decimal digits; nil for any other text.
    func number(_ range: Range<Int>) -> UInt64? {
        guard (1...19).contains(range.count), range.upperBound <= byteCount else { return nil }
        var number: UInt64 = 0
        for position in range {
            let digit = unsafeLoad(fromByteOffset: position, as: UInt8.self) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + UInt64(digit)
        }
        return number
    }
}
