import JSON
import Tree
import Wire

/// An account as `coppice account` prints it: a line of columns, or of JSON.
public struct ListedAccount {
    public let name: String
    /// When the name was registered, in milliseconds since 1970.
    public let registered: UInt64
    /// When the secret was last reset; nil if it never was.
    public let reset: UInt64?

    public init(_ account: Account) {
        name = account.shownName
        registered = account.registered.stamp.milliseconds
        reset = account.changed == account.registered ? nil : account.changed.stamp.milliseconds
    }

    init(_ account: ToldAccount) {
        name = account.name
        registered = account.registered.milliseconds
        reset = account.changed?.milliseconds
    }

    /// The account as one line, with its end.
    public func line(asJSON: Bool) -> [UInt8] {
        guard asJSON else {
            let changed = reset.map { "\tsecret changed \(UTCTime.text($0))" } ?? ""
            return Array("\(Printable.text(name))\tregistered \(UTCTime.text(registered))\(changed)\n".utf8)
        }
        var members: JSONMembers = ["username": .string(name), "registered": .string(UTCTime.text(registered))]
        if let reset { members["reset"] = .string(UTCTime.text(reset)) }
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }

    /// The line that tells the outcome of a change.
    ///
    /// - Parameters:
    ///   - done: the participle of what was done, such as `removed`.
    ///   - what: the part of the account that was changed, for people.
    public static func outcome(
        _ name: String, _ done: String, what: String = "", durable: Int64, asJSON: Bool
    ) -> [UInt8] {
        guard asJSON else {
            return Array(
                "\(done) \(what)\(Printable.text(name)): on \(durable) \(durable == 1 ? "disk" : "disks")\n".utf8)
        }
        let members: JSONMembers = ["username": .string(name), "done": .string(done), "durable": .integer(durable)]
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }
}
