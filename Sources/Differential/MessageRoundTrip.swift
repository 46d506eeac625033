import Tree
import Wire

/// Reads a message, writes it, and reads it again: what is read is the same, and it can be written for every reader.
/// The same for the clock's question and answer. A client reads all of it and never ends.
public enum MessageRoundTrip {
    /// - Returns: what differs; nil if nothing does, or if the line is no message.
    public static func disagreement(on line: [UInt8], isPlanted: Bool = false) -> String? {
        // `LineFraming` cuts there.
        guard !line.contains(10), !line.contains(13) else { return nil }
        _ = ServerMessage(line: line).words
        if let disagreement = disagreementOfClocks(on: line) { return disagreement }
        guard let message = try? Decoding.message(line.span.bytes, depthLimit: 64) else { return nil }
        // Nobody writes what nobody knows.
        if case .unknown = message { return nil }
        var written: [UInt8] = []
        for reader in [Reader.originalClient, .server(.base), .server(.original)] {
            Encoding.append(message, for: reader, to: &written)
        }
        written = []
        Encoding.append(message, to: &written)
        if isPlanted { forgetInfo(in: &written) }
        guard written.last == UInt8(ascii: "\n"), !written.dropLast().contains(UInt8(ascii: "\n")) else {
            return "\(message) is written in several lines"
        }
        written.removeLast()
        do {
            let again = try Decoding.message(written.span.bytes, depthLimit: 64)
            return again == writable(message) ? nil : "\(message) is read again as \(again)"
        } catch {
            return "\(message) is written as \(String(decoding: written, as: UTF8.self)), and refused: \(error.info)"
        }
    }

    /// A broadcast without a hop count is written for base servers alone, which know no ids.
    private static func writable(_ message: Message) -> Message {
        guard case .broadcast(let activity, let sender, _) = message else { return message }
        return .broadcast(activity: activity, sender: sender, id: nil)
    }

    private static func disagreementOfClocks(on line: [UInt8]) -> String? {
        if let question = try? ClockQuestion(line: line.span.bytes, batch: 1000) {
            let again = try? ClockQuestion(line: question.line.span.bytes, batch: 1000)
            if again != question { return "\(question) is read again as \(String(describing: again))" }
        }
        if let answer = ClockAnswer(line: line.span.bytes) {
            let again = ClockAnswer(line: answer.line.span.bytes)
            if again != answer { return "\(answer) is read again as \(String(describing: again))" }
        }
        return nil
    }

    /// The fault that is planted: a text for people is written under another name.
    private static func forgetInfo(in line: inout [UInt8]) {
        let field = Array("\"info\":".utf8)
        for start in 0..<max(0, line.count - field.count) where line[start...].starts(with: field) {
            line[start + 1] = UInt8(ascii: "x")
        }
    }
}
