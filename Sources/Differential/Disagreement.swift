import JSON
import Tree
import Wire

/// Compares what reads quickly with what reads thoroughly: `StrictScan` and `QuickDecoding` with jansson.
///
/// Used by the differential tests, which look at a fixed slice of lines, and by `make fuzz`, which looks for lines that nobody
/// has thought of.
public struct Comparison {
    /// The line was accepted, or decoded, without jansson.
    public let wasScanned: Bool
    public let wasDecoded: Bool
    /// What the two sides said differently; nil if they agree, as they have to.
    public let disagreement: String?

    public init(of line: [UInt8], depthLimit: Int = JSONObject.defaultDepthLimit) {
        var members: [StrictScan.Member] = []
        wasScanned = StrictScan.accepts(line.span.bytes, depthLimit: depthLimit) { members.append($0) }
        let quick = QuickDecoding.message(line.span.bytes, depthLimit: depthLimit)
        wasDecoded = quick != nil
        var disagreement: String?
        if wasScanned { disagreement = Self.disagreement(on: line, members, depthLimit) }
        if let quick {
            do {
                let thorough = try Decoding.parsed(line.span.bytes, depthLimit: depthLimit)
                if thorough != quick { disagreement = "decoded as \(quick), and is \(thorough)" }
            } catch {
                disagreement = "decoded as \(quick), and refused: \(error.info)"
            }
        }
        self.disagreement = disagreement
    }

    /// What jansson says of a line that was accepted without it.
    private static func disagreement(
        on line: [UInt8], _ members: [StrictScan.Member], _ depthLimit: Int
    ) -> String? {
        let object: JSONObject
        do {
            object = try JSONObject(parsing: line, depthLimit: depthLimit)
        } catch {
            return "accepted, and refused by jansson: \(error)"
        }
        guard object.count == members.count else { return "\(members.count) members, of \(object.count)" }
        for member in members {
            let key = String(decoding: line[member.key], as: UTF8.self)
            let kind = object.kind(key)
            let agrees =
                switch member.kind {
                case .plainString:
                    object.string(key).map { Array($0.utf8) } == Array(line[member.value])
                case .escapedString: kind == .string
                case .integer: object.int(key).map(String.init) == withoutSign(line[member.value])
                case .object: kind == .object && JSONText.valueRange(ofKey: key, in: line) == member.value
                case .other: kind != nil && kind != .object && kind != .string && kind != .integer
                }
            if !agrees { return "the member \(key) is \(kind.map { "\($0)" } ?? "not there")" }
        }
        return nil
    }

    /// The digits as a number is written again: zero has no sign.
    private static func withoutSign(_ digits: ArraySlice<UInt8>) -> String {
        digits.elementsEqual("-0".utf8) ? "0" : String(decoding: digits, as: UTF8.self)
    }
}
