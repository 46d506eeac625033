extension LogExplanation {
    static let links: [LogExplanation] = [
        LogExplanation(
            .linkPlain, "warning",
            "the link to … is in clear: whoever listens in learns the secret and all messages; start both nodes "
                + "without --plain-links",
            meaning: "--plain-links allows it, and the other side doesn't encrypt.", .links),
        LogExplanation(
            .linkCertificate, "warning", "no link with …: …",
            meaning: "One side has a certificate for links and the other has none, or one doesn't believe the other's: "
                + "the line says which, and which flag to check. Give all nodes --link-cert, --link-key and --link-ca, "
                + "or none. The log of the other node says the same from its side.", .links),
        LogExplanation(
            .streamBroken, "error", "the stream from … is broken (…): dropped the link",
            meaning: "A message was missing or came twice. The link begins anew, and nothing is lost. If it comes "
                + "again and again, report it with the logs of both nodes.", .links),
        LogExplanation(
            .linkStuck, "error", "… sends signs of life, and … (--stuck-after): dropped the link",
            meaning: "That node lives, and takes, acknowledges or promises nothing that others wait for: it is broken, "
                + "or was hindered for a while. In the second case it comes back by itself; otherwise "
                + "restart it.", .links),
        LogExplanation(
            .nodeLeftAlone, "error",
            "leaving … alone for … s: its links were dropped … times in a row; restart that node, so that it begins "
                + "with an empty log",
            meaning: "That node's messages can't be true: its log is damaged, or it lies. Until it is restarted it "
                + "serves its clients without the others.", .links),
        LogExplanation(
            .badMessage, "warning", "skipped a bad message from …: …",
            meaning: "Another version of Coppice, another program, or a bug. The reason stands there.", .links),
        LogExplanation(
            .entriesGone, "warning", "… entries of … are kept by nobody any more, or this node was left behind",
            meaning: "This node was away for longer than messages are kept (--retention-time, --retention-bytes), or a "
                + "parent with --lag-policy gap left it behind. Clients that asked for it were told exactly "
                + "what is missing.", .links),
        LogExplanation(
            .numbersTaken, "error",
            "… tells that … entries of this node are lost, which it never made: its numbers go on behind them; some "
                + "node of the network is broken, or lies",
            meaning: "This node gives its next entries higher numbers, and goes on. Look at the named node's log, and "
                + "restart it.",
            .links),
        LogExplanation(
            .clientsHeldForLink, "warning",
            "clients are held back: the link to … takes less than they say (--lag-policy gap leaves such a child "
                + "behind instead)",
            meaning: "Everybody says no more than that link takes. Give it more, or leave that child behind "
                + "(--lag-policy gap). Said once, after 2 s.", .links),
        LogExplanation(
            .clientsHeldForQueue, "warning",
            "clients are held back: what they say waits for copies on other nodes, or for stamps",
            meaning: "Messages wait until --replicas other nodes have them, or, in total order, for a clock. coppice "
                + "tree shows which node has a queue.", .links),
        LogExplanation(
            .clientsFree, "notice", "clients are not held back any more: they have waited … s…",
            meaning: "Nobody has been for 5 s.", .links),
        LogExplanation(
            .childLeftBehind, "warning",
            "leaving the child … behind: its link takes less than is said, and it misses the rest (--lag-policy, "
                + "--max-link-lag)",
            meaning: "Its clients miss messages, and those that asked for it are told which. Give the link more, raise "
                + "--max-link-lag, or let everybody wait (--lag-policy wait).", .links),
        LogExplanation(
            .childKeepsUp, "notice", "the child … keeps up again: it was not sent … entries",
            meaning: "It has missed nothing for a minute.", .links),
        LogExplanation(
            .wrongSecrets, "warning",
            "… shown for the network's, the last one by …: it may guess, or its secret (…) is an old one",
            meaning: "Somebody shows wrong secrets of the network: a node or a tool with an old one, or somebody who "
                + "guesses. Guesses get ever longer pauses.", .links),
        LogExplanation(
            .entriesDiffer, "error",
            "this node and … have different entries under the id ….…: clients see one or the other; some node is "
                + "broken, lies, or ran twice with one data folder",
            meaning: "Find out which nodes were started from copies of a data folder, and restart the wrong ones with "
                + "empty folders.", .links),
    ]

    static let base: [LogExplanation] = [
        LogExplanation(
            .baseServerTaken, "info", "took … as a leaf",
            meaning: "A server of the base protocol (with the address of its connection) or of the original system "
                + "(with the address that it gives) is below this node.", .base),
        LogExplanation(
            .baseServerLost, "info", "lost … at …: …",
            meaning: "It ended, fell silent, or closed its connection; the reason stands there.", .base),
        LogExplanation(
            .baseServerMute, "warning",
            "… doesn't answer LOCK_REQUEST: registrations don't wait for it until it does",
            meaning: "The first registration has waited 1 s for it. A name that is registered there may be registered "
                + "here too.",
            .base),
        LogExplanation(
            .baseServerAsksTooMuch, "warning", "… asks about too many names at a time: the others are denied",
            meaning: "It has 100 questions open. Said once for each server.", .base),
        LogExplanation(
            .baseServerRefused, "warning",
            "refused a server… that is no node: it would read users' secrets, and pass them on in clear; allow it with "
                + "--base-servers any",
            meaning: "It showed the right secret. Let it join on the node's machine, or allow servers from everywhere: "
                + "they are sent the secrets of users that register at the node.", .base),
    ]
}
