extension AnswerExplanation {
    static let tools: [AnswerExplanation] = [
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "the supplied secret is incorrect",
            "too many wrong secrets from your address: try again in … s",
            meaning: "A tool, or another node, with another secret than this node's: compare `sha256sum "
                + "/etc/coppice/secret`. Who has shown the right one from there lately never waits.",
            log: [.wrongSecrets], metric: "coppice_wrong_node_secrets_total", .tools),
        AnswerExplanation(
            "AUTHENTICATION_FAIL",
            "a node's secret from another machine is taken over an encrypted connection alone, since others can read "
                + "it on the way: use coppice tree and coppice account, or start this node with --plain-links",
            meaning: "A program that doesn't encrypt, such as one of the original system, asks from another machine.",
            .tools),
        AnswerExplanation(
            "AUTHENTICATION_FAIL", "this server takes nodes alone: ask its operator (--base-servers)",
            "this server takes servers that are no nodes from its own machine alone: ask its operator (--base-servers)",
            meaning: "A server of the base protocol or of the original system: --base-servers says from where they may "
                + "come. They see users' secrets.",
            log: [.baseServerRefused], .tools),
        AnswerExplanation(
            "INVALID_MESSAGE to a server below the node", "the activity is longer than … bytes",
            "the command is not expected from an authenticated server", "the field request has no meaning here",
            meaning: "A server of the base protocol or of the original system has sent what such a server may not.",
            .tools),
        AnswerExplanation(
            "ADMINISTERED", "nobody has registered …",
            meaning: "coppice account, of a name that isn't there.", .tools),
        AnswerExplanation(
            "ADMINISTERED", "these names count as one: …; name one as it was registered",
            meaning: "Accounts from before names were folded: name one in its exact spelling.", log: [.namesAlike],
            .tools
        ),
        AnswerExplanation(
            "ADMINISTERED", "accounts can't be saved now: …", "bans can't be saved now: …",
            meaning: "The node's disk is full or fails: the reason stands there. Nothing was changed.",
            log: [.accountsNotSaved, .bansNotSaved], metric: "coppice_disk_failing", .tools),
        AnswerExplanation(
            "ADMINISTERED", "too much to do now, try again",
            meaning: "Too many secrets wait for their hash.", .tools),
        AnswerExplanation(
            "ADMINISTERED", "… is on … disks so far, which is too few: it may still succeed",
            meaning: "coppice account: after 8 s too few disks have the change. It spreads on; look again with coppice "
                + "account show.", .tools),
        AnswerExplanation(
            "ADMINISTERED", "there are … bans, as many as may be: lift some, or ban ranges of addresses",
            "nobody has banned that", meaning: "coppice session ban and unban.", .tools),
        AnswerExplanation(
            "ADMINISTERED", "there is no other node that takes clients",
            meaning: "coppice drain and rebalance: the other nodes are full, drained, or out of reach.",
            log: [.drainStuck], .tools),
    ]
}
