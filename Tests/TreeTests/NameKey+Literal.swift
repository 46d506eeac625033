@testable import Tree

/// A name that is written in a test stands for itself.
extension NameKey: ExpressibleByStringInterpolation {
    public init(stringLiteral name: String) { self.init(exactly: name) }
}
