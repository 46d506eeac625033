/// Why a line is no valid message, as a sentence for its sender.
public struct WireError: Error, Hashable, Sendable {
    public let info: String

    public init(_ info: String) {
        self.info = info
    }

    static func missing(_ field: String) -> WireError { WireError("the message did not contain the field \(field)") }
    static func outOfRange(_ field: String, _ range: ClosedRange<UInt64>) -> WireError {
        wrongType(field, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    static func tooLong(_ field: String, _ limitBytes: Int) -> WireError {
        WireError("the field \(field) is longer than \(limitBytes) bytes")
    }
    static func tooMany(_ field: String, _ limit: Int) -> WireError {
        WireError("the field \(field) has more than \(limit) elements")
    }
    static func wrongType(_ field: String, _ expected: String) -> WireError {
        WireError("the field \(field) is not \(expected)")
    }
}
