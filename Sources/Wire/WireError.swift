/// Why a line is no message: a sentence for its sender.
public struct WireError: Error, Hashable, Sendable {
    public let info: String

    public init(_ info: String) {
        self.info = info
    }

    static func missing(_ field: String) -> WireError { WireError("the message did not contain a \(field)") }
    static func wrongType(_ field: String, _ expected: String) -> WireError {
        WireError("the field \(field) is not \(expected)")
    }
}
