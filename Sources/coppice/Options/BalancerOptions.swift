import ArgumentParser
import UV

/// The balancers that pass connections on to a node.
struct BalancerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Balancers, as addresses or as ranges such as 10.0.0.0/8, comma separated: their connections begin with a "
                + "PROXY header (version 1 or 2), and its address is the client's. From others a header is an error.",
            valueName: "ranges"))
    var proxyFrom = AddressRangeList(ranges: [])
}

/// Ranges of addresses with commas between them, or `none`.
struct AddressRangeList: ExpressibleByArgument, CustomStringConvertible {
    let ranges: [AddressRange]

    init(ranges: [AddressRange]) { self.ranges = ranges }

    init?(argument: String) {
        if argument == "none" {
            ranges = []
            return
        }
        let texts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let ranges = texts.compactMap { AddressRange(String($0)) }
        guard ranges.count == texts.count else { return nil }
        self.ranges = ranges
    }

    var description: String { ranges.map(\.description).joined(separator: ",") }
    var defaultValueDescription: String { "none" }
}
