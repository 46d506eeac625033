/// A failed operation on a file, with the file's path, as a sentence for the user of the program.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, as a verb for the sentence.
    public enum Operation: String, Sendable {
        case open, read, write, sync, rename, lock, remove
        case makeFolder = "make the folder"
        case protect = "keep others from reading"
    }

    public let operation: Operation
    public let path: String
    public let cause: UVError

    public init(_ operation: Operation, _ path: String, _ cause: UVError) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    public var description: String {
        if operation == .lock, cause == .again { return "\(path) is locked by another process" }
        return "cannot \(operation.rawValue) \(path): \(cause.message)"
    }
}
