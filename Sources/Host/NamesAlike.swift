import Tree
import UV

/// Accounts whose names count as one, as a sentence for whoever runs the node. They are from before names were folded.
struct NamesAlike: CustomStringConvertible {
    /// As they were registered.
    let names: [String]

    /// More such sentences at the start of a node, and more names in one of them, say no more.
    static let told = 20

    var description: String {
        let some = names.prefix(Self.told).map { "\"\(Self.visible($0))\"" }.joined(separator: ", ")
        if names.count == 1 {
            return "the account \(some) counts as \(Login.anonymous): only its exact spelling gets in"
        }
        let rest = names.count > Self.told ? " and others" : ""
        return "the accounts \(some)\(rest) have names that count as one: each gets in with its exact spelling alone"
    }

    private static func visible(_ name: String) -> String {
        name.unicodeScalars.map { $0.isInvisible ? $0.escaped : String($0) }.joined()
    }
}
