/// Finds the name that was most likely meant.
public enum NearestName {
    /// The end of a complaint about a name: `: did you mean order?`; empty if none is near.
    public static func hint(_ text: String, among names: [String]) -> String {
        of(text, among: names).map { ": did you mean \($0)?" } ?? ""
    }

    /// The name with the fewest typing mistakes; nil if none is near.
    ///
    /// One mistake in three letters is near. Capitals and underscores, which the other forms of a setting have, are
    /// none.
    static func of(_ text: String, among names: [String]) -> String? {
        let plain = Array(text.lowercased().replacing("_", with: "-").utf8)
        let ranked = names.map {
            (name: $0, mistakes: mistakes(from: plain, to: Array($0.lowercased().replacing("_", with: "-").utf8)))
        }
        guard let best = ranked.min(by: { $0.mistakes < $1.mistakes }) else { return nil }
        return best.mistakes <= max(1, min(plain.count, best.name.utf8.count) / 3) ? best.name : nil
    }

    /// The edit distance: letters that are missing, too many, wrong, or swapped with their neighbour (the optimal
    /// string alignment distance of Damerau and Levenshtein).
    private static func mistakes(from one: [UInt8], to other: [UInt8]) -> Int {
        var rows = [Array(0...other.count)]
        for i in one.indices {
            var row = [i + 1]
            for j in other.indices {
                let last = rows[i]
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (one[i] == other[j] ? 0 : 1))
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}
