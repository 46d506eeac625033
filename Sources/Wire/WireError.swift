/// Why a line is no message: a sentence for its sender.
public struct WireError: Error, Hashable, Sendable {
    public let info: String

    public init(_ info: String) {
        self.info = info
    }

    static func missing(_ field: String) -> WireError { WireError("the message did not contain the field \(field)") }
    static func outOfRange(_ field: String, _ range: ClosedRange<UInt64>) -> WireError {
        wrongType(field, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    static func wrongType(_ field: String, _ expected: String) -> WireError {
        WireError("the field \(field) is not \(expected)")
    }
}
