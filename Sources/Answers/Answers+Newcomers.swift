extension AnswerExplanation {
    static func refusals(_ reason: String) -> String { "coppice_refusals_total{reason=\"\(reason)\"}" }

    static let newcomers: [AnswerExplanation] = [
        AnswerExplanation(
            "INVALID_MESSAGE with servers", "this server is full: try again later, or another one",
            meaning: "There are as many clients as --max-clients or the descriptors allow. The answer names nodes with "
                + "room, and coppice client goes there. Raise the limit, or add a node.",
            log: [.clientsFull, .noDescriptors],
            metric: "coppice_refusals_total{reason=\"clients\"} or \"descriptors\"",
            .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE with servers", "… clients from your address are logged in here, as many as may be",
            meaning: "--max-clients-per-address. Where many people share an address (a company, a proxy) raise it; "
                + "behind a balancer name the balancer with --proxy-from.",
            log: [.addressFull], metric: "coppice_refusals_total{reason=\"address\"}", .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE with servers",
            "too much waits for this server to find its position: try again later, or another one",
            meaning: "The node has no position in the tree yet, and what its clients have said meanwhile takes 64 MiB. "
                + "/ready says why it has none.",
            log: [.clientsParked], metric: "coppice_refusals_total{reason=\"parked\"}", .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE with servers", "this server is being drained: use another one",
            meaning: "An operator has begun coppice drain, and the node takes no new clients. coppice drain --stop "
                + "ends that.",
            log: [.drainBegun], metric: refusals("leaving"), .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE with servers", "this server is leaving, and knows of none with room: try again later",
            meaning: "The node got a signal that ends it, and no other node takes clients. Add a node, or raise "
                + "--max-clients of the others.",
            log: [.leaving], metric: refusals("leaving"), .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE", "too many connections from your address have not logged in: try again later",
            "too many connections have not logged in: try again later",
            meaning: "More connections than --max-strangers-per-address or --max-strangers have no login: the oldest "
                + "go. Somebody opens connections and says nothing, or a balancer isn't named with --proxy-from.",
            metric: "\(refusals("crowded")); coppice_clients_pending shows how many there are now", .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE", "no command came within … ms",
            "neither a login nor another question came within … ms",
            meaning: "The client has connected and said nothing valid in time (--stranger-patience). A client that was "
                + "stopped, a network that loses what it sends, or a program that only tries the port.",
            metric: refusals("silent"), .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE", "your address is a balancer's, whose connections begin with a PROXY header: …",
            meaning: "The connection comes from an address in --proxy-from, and has no PROXY header, or a wrong one, "
                + "as the end of the text says. Let the balancer write it (HAProxy: send-proxy-v2), or connect from "
                + "another address.",
            log: [.proxyHeaderMissing], metric: refusals("proxy"), .newcomers),
        AnswerExplanation(
            "the end of that", "more than … connections have none", "it has ended in the middle",
            "none has come within … s", "it doesn't begin with one", "its line is longer than … bytes",
            "its line ends without a carriage return", "its line has … words and not 6",
            "its line has no two addresses with ports",
            "its line names no kind of address: TCP4, TCP6 or UNKNOWN", "it has no version that is known",
            "it is longer than … bytes", "it has no command that is known",
            "it is for no kind of stream that is known", "it is too short for its addresses",
            meaning: "What is wrong with the PROXY header. With \"doesn't begin with one\" and \"none has come\" the "
                + "balancer writes none.",
            log: [.proxyHeaderMissing], metric: refusals("proxy"), .newcomers),
        AnswerExplanation(
            "INVALID_MESSAGE",
            "a PROXY header is taken from balancers alone: ask the operator of this server (--proxy-from)",
            meaning: "The balancer's address is missing from --proxy-from, or the client wrote a header itself.",
            log: [.proxyHeaderForeign], metric: refusals("invalid"), .newcomers),
    ]
}
