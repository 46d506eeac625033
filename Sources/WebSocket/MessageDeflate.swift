/// Compressed messages: `permessage-deflate` (RFC 7692), where no message refers to an earlier one.
///
/// So a message can be compressed once for everybody who gets it, and between two messages nothing is kept for anybody.
/// All messages are compressed with the same window, which is small: chat is hardly longer with it, and a client
/// needs 4 KiB to read it.
public enum MessageDeflate {
    /// The bits of the window with which a node compresses.
    static let windowBits = 12
    /// A shorter message isn't compressed, in bytes: it would hardly get shorter.
    public static let leastBytes = 128
    /// What every message would end with, and what is therefore left out (RFC 7692, section 7.2.1).
    static let tail: [UInt8] = [0, 0, 0xFF, 0xFF]

    /// The server's answer to a client that offers extensions; nil if it can take none of them.
    ///
    /// - Parameter offers: the elements of `Sec-WebSocket-Extensions`, in lower case.
    public static func answer(to offers: [String]) -> String? {
        guard offers.contains(where: isAcceptable) else { return nil }
        return "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            + "server_max_window_bits=\(windowBits)"
    }

    /// Whether an offer is one of `permessage-deflate` without a fault, and with a window for the server that is large
    /// enough (RFC 7692, section 7.1).
    private static func isAcceptable(_ offer: String) -> Bool {
        let parts = offer.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard parts.first == "permessage-deflate" else { return false }
        var seen: Set<Substring> = []
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            let value = halves.count == 2 ? unquoted(halves[1]) : nil
            guard seen.insert(halves[0]).inserted else { return false }
            switch halves[0] {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard halves.count == 1 else { return false }
            case "client_max_window_bits":
                guard halves.count == 1 || bits(value) != nil else { return false }
            case "server_max_window_bits":
                guard let bits = bits(value), bits >= windowBits else { return false }
            default: return false
            }
        }
        return true
    }

    /// The number of bits of a window: 8 to 15, without zeros before it.
    private static func bits(_ value: Substring?) -> Int? {
        ["8", "9", "10", "11", "12", "13", "14", "15"].firstIndex(of: value).map { $0 + 8 }
    }

    private static func unquoted(_ value: Substring) -> Substring {
        value.count >= 2 && value.first == "\"" && value.last == "\"" ? value.dropFirst().dropLast() : value
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
