/// What the banned are told (docs/protocol.md#bans): "… is banned until …: reason" or "… is banned for good: reason".
///
/// These words are all that a client learns of a ban, so programs recognise one by them: no other advice helps.
public enum BanWords {
    private static let verb = " is banned "
    private static let forGood = "for good"
    private static let until = "until "

    static func words(of ban: BanRecord) -> String {
        let whom =
            switch ban.target {
            case .name(let name): name
            case .address: "your address"
            case .session: "this session"
            }
        let end = ban.until.map { until + UTCTime.text($0) } ?? forGood
        return whom + verb + end + (ban.reason.isEmpty ? "" : ": \(ban.reason)")
    }

    /// Whether a refusal says that somebody is banned.
    public static func areIn(_ info: String) -> Bool {
        guard let found = info.firstRange(of: verb) else { return false }
        let end = info[found.upperBound...]
        guard end.hasPrefix(forGood) else { return end.hasPrefix(until) }
        let rest = end.dropFirst(forGood.count)
        return rest.isEmpty || rest.hasPrefix(": ")
    }
}
