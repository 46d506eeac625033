/// Sentences in the sources that no client is shown.
enum Elsewhere {
    /// Files in which there are no others.
    static let files: Set<String> = Set(filesByReason.values.joined())

    private static let filesByReason: [String: [String]] = [
        "texts of metrics": ["MetricCatalogue.swift"],
        "lines of the log, which LogLinesTests checks, and their pieces": [
            "NoticeLog.swift", "NoticeLines.swift", "NamesAlike.swift", "DamagedRecords.swift", "DataDirectory.swift",
            "DirectoryWatch.swift", "NodeServer+Links.swift", "NodeServer+Reloading.swift", "ClockClient.swift",
        ],
        "why a program doesn't start, or a file can't be used": [
            "NodeFailure.swift", "NodeProgram.swift", "AccountDirectory.swift", "TokenFile.swift", "KeySet.swift",
            "KeySet+JSON.swift", "VerificationKey.swift", "SecretKind.swift",
        ],
        "why a node has no link to another one, which both log": [
            "Attaching.swift", "Twins.swift", "ConnectFailure.swift", "ForeignServer.swift", "Joining.swift",
            "FailedLinks.swift", "Searching.swift", "Merging.swift", "Stamping.swift",
        ],
        "why a link to another node is dropped, which is logged": [
            "Owed.swift", "Synchronisation.swift", "Replication.swift", "Watermarks.swift", "Retention.swift",
        ],
        "preconditions": [
            "Log.swift", "Segments.swift", "Topology.swift", "Delivered.swift", "NetworkSecrets.swift",
            "HTTPBodyStream.swift", "Deflater.swift", "Inflater.swift", "Unistring.swift", "Encoding.swift",
            "OriginalLines.swift", "ClockChoice.swift",
        ],
        "what the lines of a clock say": ["ClockLines.swift"],
        "names and fields of HTTP": ["HTTPResponse.swift", "HTTPDate.swift", "WebFile.swift", "WebFile+Page.swift"],
    ]

    static let sentences: Set<String> = Set(sentencesByReason.values.joined())

    private static let sentencesByReason: [String: [String]] = [
        "what a field has to be: it follows \"the field … is not\"": [
            "a whole number from … to …", "a whole number from 1 on", "a whole number", "a node's id", "an entry's id",
            "the id of an entry", "a question's id", "a session's position", "a version vector", "a decimal string",
            "a time that a stamp can tell", "a stamp and an id", "a prefix of up to … digits of base 16",
            "an address, or a range of them", "username, address or session", "an array of strings",
            "1 to 64 bytes long", "list, end, ban or balance", "causal or total", "leaving or lost", "wait or gap",
            "true or false", "sums with counts", "prefixes with sums and counts", "not less than wire_oldest",
            "one of those in docs/protocol.md#administration",
        ],
        "preconditions": [
            "… is read from the line", "clients don't read …", "it reads bans", "a status without the asked node",
        ],
        "for a program that has asked a server": ["it doesn't speak the protocol"],
        "why a message of another node is skipped or refused, which is logged": [
            "a ban's version leaves no room for later ones: it is passed over",
            "an account's version leaves no room for later ones: it is passed over",
            "digests of too many accounts at a time", "a question for too many accounts at a time",
            "a term far beyond that of any network", "a message that has no meaning on a link",
            "the field hop is missing", "its answer is no message: …",
            "links are encrypted here: start the other node without --plain-links, or this one with it",
            "links need certificates: start both nodes with --link-cert, --link-key and --link-ca",
        ],
        "lines of the log, which LogLinesTests checks, and their pieces": [
            "… (this machine: all of its loopback addresses count as one)", "no PROXY header of …",
            "foreign PROXY header", "TLS with … failed: no handshake within …", "link certificates of …: …",
            "a client that is gone",
        ],
        "names and fields of HTTP": [
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=…",
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID", "Too many attempts",
            "Basic realm='coppice', charset='UTF-8'", "HTTP/1.1 200 OK",
            "} event: … data:",
        ],
        "what keys are derived from": ["coppice resume token 1"],
    ]
}
