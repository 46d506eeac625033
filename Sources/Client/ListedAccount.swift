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
            let changed = reset.map { "\tsecret changed \(WallTime.text($0))" } ?? ""
            return Array("\(Printable.text(name))\tregistered \(WallTime.text(registered))\(changed)\n".utf8)
        }
        var members: JSONMembers = ["username": .string(name), "registered": .string(WallTime.text(registered))]
        if let reset { members["reset"] = .string(WallTime.text(reset)) }
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

/// Times in a form for people.
enum WallTime {
    /// A time, given in milliseconds since 1970, in the form `2026-11-25T03:20:00Z` (ISO 8601). Days are computed by
    /// Hinnant's "chrono-compatible low-level date algorithms".
    static func text(_ milliseconds: UInt64) -> String {
        let seconds = Int(milliseconds / 1000)
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = seconds % 86_400
        return "\(year)-\(two(month))-\(two(day))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }
}
