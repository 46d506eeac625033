import Tree
import Wire

/// Reads a message, writes it, and reads it again: what is read is the same, and it can be written for every reader.
public enum MessageRoundTrip {
    /// - Returns: what differs; nil if nothing does, or if the line is no message.
    public static func disagreement(on line: [UInt8]) -> String? {
        guard let message = try? Decoding.message(line.span.bytes, depthLimit: 64) else { return nil }
        var written: [UInt8] = []
        for reader in [Reader.originalClient, .server(.base), .server(.original)] {
            Encoding.append(message, for: reader, to: &written)
        }
        written = []
        Encoding.append(message, to: &written)
        guard written.last == UInt8(ascii: "\n"), !written.dropLast().contains(UInt8(ascii: "\n")) else {
            return "\(message) is written in several lines"
        }
        written.removeLast()
        do {
            let again = try Decoding.message(written.span.bytes, depthLimit: 64)
            return again == message ? nil : "\(message) is read again as \(again)"
        } catch {
            return "\(message) is written as \(String(decoding: written, as: UTF8.self)), and refused: \(error.info)"
        }
    }
}
