extension AnswerExplanation {
    static let sessions: [AnswerExplanation] = [
        AnswerExplanation(
            "INVALID_MESSAGE", "too slow: more was waiting to be read than is kept for a client, log in again",
            "too slow: nothing of what was waiting to be read was taken for too long, log in again",
            meaning: "The client lagged by more than --max-lag-bytes, or took nothing for --taken-within. Its next "
                + "login tells it once more, in `cut`. Its network is too slow for what is said, or its program "
                + "hangs.",
            log: [.clientTooSlow], metric: "coppice_clients_closed_total{reason=\"slow\"}", .sessions),
        AnswerExplanation(
            "INVALID_MESSAGE", "nothing came from you for … s: log in again, and say PING in between to be kept",
            meaning: "--idle-timeout, which is off unless you set it. The client's program has to say PING now and "
                + "then, as coppice client does.",
            log: [.clientsIdle], metric: "coppice_clients_closed_total{reason=\"idle\"}", .sessions),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "an operator has ended this session", "an operator has ended this session: …",
            meaning: "coppice session end; the operator's reason stands there. The client may log in again.",
            log: [.sessionsEnded], metric: "coppice_clients_closed_total{reason=\"ended\"}", .sessions),
        AnswerExplanation(
            "LOGIN_FAILED, REGISTER_FAILED, CHANGE_FAILED or AUTHENTICATION_FAIL", "… is banned for good",
            "… is banned until …", "… is banned for good: …", "… is banned until …: …",
            meaning: "coppice session ban: of the name, of \"your address\" or of \"this session\". coppice session "
                + "list --bans shows it, coppice session unban lifts it.",
            log: [.bannedRefused, .banned],
            metric: "coppice_refusals_total{reason=\"banned\"}; a session that it ends by "
                + "coppice_clients_closed_total{reason=\"ended\"}", .sessions),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "… was removed",
            meaning: "coppice account remove, while the user was logged in. As CHANGE_FAILED: before the new secret "
                + "was there.", .sessions),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "the secret of … was changed: log in again",
            meaning: "By the user at another place, or by coppice account reset: sessions under the old secret end.",
            .sessions),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "… was registered by somebody else before: register another name",
            meaning: "Two parts of a network that was cut have registered one name. The earlier registration stays, "
                + "and this user takes another name.",
            log: [.nameLost], .sessions),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "… was registered: a token for it is no more taken",
            meaning: "The client was in by a token of others, and somebody has registered the name. If the issuer of "
                + "tokens gives out all names, start all nodes with --jwt-owns-names.", .sessions),
        AnswerExplanation(
            "INVALID_MESSAGE", "the beginnings of lines take too much memory, and this one takes the most",
            meaning: "Unfinished lines of all connections together take 64 MiB. Somebody sends halves of lines; the "
                + "client with the longest half was closed.",
            metric: refusals("invalid"), .sessions),
        AnswerExplanation(
            "INVALID_MESSAGE", "the line has not ended within … seconds",
            meaning: "A line took more than 10 s from its first byte to its last: the client's network is too slow for "
                + "so long a line, or its program doesn't end lines.",
            metric: refusals("invalid"), .sessions),
    ]

    static let notices: [AnswerExplanation] = [
        AnswerExplanation(
            "NOTICE", "what you say waits: it is taken as fast as the link to … takes it",
            "what you say waits: it is taken as fast as other servers take it",
            meaning: "A link, or the whole network, takes less than is said, and everybody waits. See \"A slow link\" "
                + "in docs/operations.md.",
            log: [.clientsHeldForLink, .clientsHeldForQueue], metric: "coppice_waits_total", .notices),
        AnswerExplanation(
            "NOTICE", "what you say is taken as it comes again", meaning: "The wait is over.", log: [.clientsFree],
            .notices),
        AnswerExplanation(
            "NOTICE", "more than … messages a second: you are read from at that rate",
            "more than … bytes a second: you are read from at that rate",
            meaning: "--message-rate or --byte-rate. The client isn't closed, and nothing is lost: the node reads from "
                + "it at that rate. Said once for each connection.",
            log: [.clientSlowedDown], .notices),
        AnswerExplanation(
            "NOTICE", "the servers' memory of what you have seen is full: some messages may come twice",
            meaning: "Clients that came back have seen entries of more origins than a node remembers for all of them.",
            .notices),
        AnswerExplanation(
            "NOTICE", "… messages that you have seen are kept by no server any more",
            meaning: "The client came back with more than the nodes have: all nodes that had those messages are gone.",
            .notices),
    ]
}
