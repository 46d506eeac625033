import JSON
import Tree
import Wire

/// Compares what reads quickly with what reads thoroughly: `StrictScan` and `QuickDecoding` with jansson.
///
/// Used by the differential tests, which look at a fixed slice of lines, and by `make fuzz`, which looks for lines that
/// nobody has thought of.
public struct Comparison {
    /// The line was accepted, or decoded, without jansson.
    public let wasScanned: Bool
    public let wasDecoded: Bool
    /// What the two sides said differently; nil if they agree, as they have to.
    public let disagreement: String?

    /// - Parameter thoroughDepthLimit: how deep jansson reads, if not as deep as the others: a fault that is planted.
    public init(
        of line: [UInt8], depthLimit: Int = JSONObject.defaultDepthLimit, thoroughDepthLimit: Int? = nil
    ) {
        let thoroughDepthLimit = thoroughDepthLimit ?? depthLimit
        var members: [StrictScan.Member] = []
        wasScanned = StrictScan.accepts(line.span.bytes, depthLimit: depthLimit) { members.append($0) }
        let quick = QuickDecoding.message(line.span.bytes, depthLimit: depthLimit)
        wasDecoded = quick != nil
        var disagreement: String?
        if wasScanned { disagreement = Self.disagreement(on: line, members, thoroughDepthLimit, .refused) }
        members.removeAll()
        if StrictScan.accepts(
            line.span.bytes, depthLimit: depthLimit, bigNumbers: Decoding.bigNumbers, { members.append($0) })
        {
            disagreement = disagreement ?? Self.disagreement(on: line, members, depthLimit, Decoding.bigNumbers)
        } else if wasScanned {
            disagreement = "accepted, and refused with big numbers in some members"
        }
        disagreement = disagreement ?? Self.disagreementOnBigNumbers(in: line, depthLimit)
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
        on line: [UInt8], _ members: [StrictScan.Member], _ depthLimit: Int, _ bigNumbers: BigNumbers
    ) -> String? {
        let object: JSONObject
        do {
            object = try JSONObject(parsing: line, depthLimit: depthLimit, bigNumbers: bigNumbers)
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
                case .null: kind == .null
                case .other: kind.map { isOther($0, line[member.value]) } ?? false
                }
            if !agrees { return "the member \(key) is \(kind.map { "\($0)" } ?? "not there")" }
        }
        return nil
    }

    /// Whole numbers of 19 digits, which may or may not fit into 64 bits, aren't told from real ones.
    private static func isOther(_ kind: JSONObject.Kind, _ value: ArraySlice<UInt8>) -> Bool {
        switch kind {
        case .bool, .real, .array: true
        case .integer: value.count > 18
        case .null, .string, .object: false
        }
    }

    /// To allow big numbers changes nothing but their size: it has to say of a line what jansson by itself says of the
    /// same line with at most two digits in a row, which make no number too big.
    private static func disagreementOnBigNumbers(in line: [UInt8], _ depthLimit: Int) -> String? {
        func verdict(_ line: [UInt8], _ bigNumbers: BigNumbers) -> JSONError? {
            do {
                _ = try JSONObject(parsing: line, depthLimit: depthLimit, bigNumbers: bigNumbers)
                return nil
            } catch {
                return error
            }
        }
        let allowing = verdict(line, .allowed)
        let short = verdict(withShortNumbers(line), .refused)
        if (allowing == nil) != (short == nil) {
            return "with big numbers \(allowing?.description ?? "accepted"), with short ones "
                + "\(short?.description ?? "accepted")"
        }
        let inSome = verdict(line, Decoding.bigNumbers)
        if inSome == nil, allowing != nil { return "accepted with big numbers in some members, and refused with all" }
        if inSome != nil, verdict(line, .refused) == nil { return "refused with big numbers in some members" }
        return nil
    }

    /// The line with the first two of all digits that stand in a row outside of strings.
    private static func withShortNumbers(_ line: [UInt8]) -> [UInt8] {
        var short: [UInt8] = []
        var digits = 0
        var isString = false
        var isEscaped = false
        for byte in line {
            let isDigit = !isString && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            digits = isDigit ? digits + 1 : 0
            if digits <= 2 { short.append(byte) }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isString.toggle()
            } else {
                isEscaped = isString && byte == UInt8(ascii: "\\")
            }
        }
        return short
    }

    /// The digits as a number is written again: zero has no sign.
    private static func withoutSign(_ digits: ArraySlice<UInt8>) -> String {
        digits.elementsEqual("-0".utf8) ? "0" : String(decoding: digits, as: UTF8.self)
    }
}
