import Configuring
import Host
import LogLines
import LogOutput
import Logging
import UV

/// What is wrong with one element of a setting that is a list, as the rest of a sentence about the setting; nil if
/// nothing is. So a mistake in a file is named with its own line. `SeedList.flaw` is another one.
enum ListFlaws {
    /// `HOST:PORT`, or `none`.
    @Sendable static func address(_ element: String) -> String? {
        if element == "none" { return nil }
        do {
            return try HostAndPort(element).port == nil ? "takes HOST:PORT, not \(element)" : nil
        } catch { return error.words }
    }

    /// `LEVEL` or `PART=LEVEL`.
    @Sendable static func logLevel(_ element: String) -> String? {
        let sides = element.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        let levels = Logger.Level.allCases.map(\.rawValue)
        let parts = LogSubsystem.allCases.map(\.rawValue)
        if sides.count == 2, !parts.contains(sides[0]) {
            return "has parts \(parts.joined(separator: ", ")), and not \(sides[0])"
                + NearestName.hint(sides[0], among: parts)
        }
        guard sides.count <= 2, levels.contains(sides[sides.count - 1]) else {
            return "takes \(levels.joined(separator: ", ")), and PART=LEVEL, not \(element)"
                + NearestName.hint(sides[sides.count - 1], among: levels)
        }
        return nil
    }

    /// An address or a range of addresses, or `none`.
    @Sendable static func range(_ element: String) -> String? {
        element == "none" || AddressRange(element) != nil
            ? nil : "takes an address, or a range as 10.0.0.0/8 or fd00::/8, not \(element)"
    }

    @Sendable static func origin(_ element: String) -> String? {
        WebOrigins.isOrigin(element.filter { $0 != " " })
            ? nil : "takes origins as https://HOST or https://HOST:PORT, without a path, not \(element)"
    }

    @Sendable static func url(_ element: String) -> String? {
        URLList(argument: element) == nil ? "takes http://HOST:PORT, not \(element)" : nil
    }
}
