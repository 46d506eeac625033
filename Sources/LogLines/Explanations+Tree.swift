extension LogExplanation {
    static let tree: [LogExplanation] = [
        LogExplanation(
            .joined, "info", "joined the tree under …",
            meaning: "The node has a parent. Nothing to do.", .tree),
        LogExplanation(
            .parentUnreachable, "notice", "the parent at … can't be had yet: …; trying again",
            meaning: "The parent that -rh names doesn't answer, or not as a parent: the reason stands there. The node "
                + "tries it for 10 s, then goes on as a root and tries on. Said once for each reason. If it "
                + "stays, check -rh and -rp, and that the parent runs.", .tree),
        LogExplanation(
            .parentLoop, "error", "the parent at … is no parent for this node (…): check -rh and -rp",
            meaning: "The parent is this node itself, or stands below it. Name another one with -rh and -rp.", .tree),
        LogExplanation(
            .parentRefusesSecret, "error", "the parent at … refuses the secret: check …",
            meaning: "The two nodes have different secrets. Give this node the parent's (--secret-file, "
                + "COPPICE_PARENT_SECRET, or parent-secret in the configuration file).", .tree),
        LogExplanation(
            .parentOtherOrder, "error", "the parent at … refuses this node: …: check --order",
            meaning: "Start all nodes of a network with the same --order. Said once.", .tree),
        LogExplanation(
            .parentFarClock, "error", "the parent at … and this node stay apart: …",
            meaning: "One clock is ahead by more than --max-clock-skew. Set the machines' clocks; restart a node that "
                + "has stamped by a wrong clock.", .tree),
        LogExplanation(
            .parentOtherVersion, "error", "the parent at … and this node can't speak: …",
            meaning: "The two have no version of the protocol between nodes in common; the line says which of them to "
                + "upgrade.", .tree),
        LogExplanation(
            .parentOtherProtection, "error", "there is no link with the parent at …: …",
            meaning: "One of the two wants links with certificates (--link-cert, --link-key, --link-ca) or encrypted "
                + "ones, and the other has no such link to offer, or a certificate that isn't believed. The line says "
                + "what to change. It is tried again after 1 to 30 s.", .tree),
        LogExplanation(
            .parentLeavesAlone, "error", "the parent at … leaves this node alone: …",
            meaning: "What this node sent can't be true: its log is damaged. Restart it, so that it begins with an "
                + "empty log.",
            .tree),
        LogExplanation(
            .notJoined, "error", "not joined: …; serving the clients here, and trying on",
            meaning: "The parent was tried for 10 s, or another process has this node's identity; the reason stands "
                + "there. The node serves its clients as a root, and tries the parent on after pauses of up "
                + "to 30 s.", .tree),
        LogExplanation(
            .stillNotJoined, "error", "still not joined after … min: …",
            meaning: "The same a minute later, and each minute from then on.", .tree),
        LogExplanation(
            .nodeRefused, "warning", "refused …: …",
            meaning: "Another node, or a server that calls itself one, wanted to join here and may not: the reason "
                + "stands there. With a wrong secret check that node's --secret-file or COPPICE_PARENT_SECRET. "
                + "Said of each node once a minute.", .tree),
        LogExplanation(
            .noParentThere, "error", "there is no parent …: check -rh and -rp; …",
            meaning: "Another program than a node answers where -rh and -rp point to.", .tree),
        LogExplanation(
            .noSeedThere, "error", "there is no seed …: check --seeds; …",
            meaning: "Another program than a node answers at one of the --seeds.", .tree),
        LogExplanation(
            .seedsNamed, "info", "--seeds dns:… leads to …",
            meaning: "The addresses, or the hosts of SRV records, that name servers give for a name of --seeds. The "
                + "node's own address may be among them.", .tree),
        LogExplanation(
            .seedsUnknown, "warning", "--seeds dns:… leads to no node: …; trying again while this node is alone",
            meaning: "Name servers don't know that name, or none answers. The node goes on with the addresses that it "
                + "knows. Check the name, and whether `getent hosts NAME` finds it on that machine.", .tree),
        LogExplanation(
            .noNodeAnyMore, "notice", "there is no node any more …; …",
            meaning: "Another program answers where a node was before. Nothing to do if that node has moved.", .tree),
        LogExplanation(
            .parentLost, "warning", "lost the parent …: …",
            meaning: "The parent ended, fell silent, or the network is cut; the reason stands there. The node looks "
                + "for another one by itself, and clients notice nothing.", .tree),
        LogExplanation(
            .parentLeaves, "notice", "the parent … leaves in order: looking for another one",
            meaning: "Somebody ended that node by a signal, or moves it. The node finds another parent by itself, and "
                + "clients notice nothing. Nothing to do.", .tree),
        LogExplanation(
            .parentTooDeep, "warning", "the parent … has come to stand too deep in the tree: looking for another one",
            meaning: "The tree below it would be deeper than 64 levels. The node looks for another parent by itself. "
                + "Raise --max-children if trees get so deep.", .tree),
        LogExplanation(
            .parentBelow, "error", "the parent … stands below this node: dropped the link",
            meaning: "Two nodes had each other for parents, which rules of the tree forbid. The node looks for another "
                + "parent by itself. If it comes again, report it with the logs of both nodes.", .tree),
        LogExplanation(
            .labelWentBack, "critical", "the parent … lowered its label, which can't be: dropped the link",
            meaning: "A bug, in this node or its parent. Please report it with the logs of both nodes.", .tree),
        LogExplanation(
            .becameRoot, "notice", "this node is root now, in term …",
            meaning: "It found no parent, or it was the heir of a root that is lost. Nothing to do.", .tree),
        LogExplanation(
            .treesMeet, "notice", "met the tree of …, whose root stays: going under it",
            meaning: "Two trees become one: this root gives way to the other one, which has the higher --priority or, "
                + "if they are equal, has been root for longer. Nothing to do.", .tree),
        LogExplanation(
            .treesApart, "error", "met …, and stays apart from it: …",
            meaning: "Another tree has another --order, or its clock is too far away: the reason stands there. Until "
                + "you set that right there are two networks.", .tree),
        LogExplanation(
            .noWay, "notice", "can't reach the tree of … from here: asking the nodes below who can",
            meaning: "The network lets this root not reach the other tree. If a node below can, it becomes root.", .tree
        ),
        LogExplanation(
            .reignPassed, "notice", "a node below reaches …: … is to be root, and this node goes under it",
            meaning: "The tree turns, so that it can join the other one. Nothing to do.", .tree),
        LogExplanation(
            .reignTaken, "notice", "this node is root now instead of …, in term …, to reach …",
            meaning: "The same at the node that becomes root.", .tree),
        LogExplanation(.childTaken, "info", "took the child …", meaning: "Another node is below this one now.", .tree),
        LogExplanation(
            .childLost, "info", "lost the child …: …",
            meaning: "It ended, fell silent, or found another parent; the reason stands there. It looks for a parent "
                + "by itself.",
            .tree),
        LogExplanation(
            .alone, "warning", "no other node can be reached: serving the clients here alone",
            meaning: "Until it has a link again no other node has its clients' messages. Check the network, and "
                + "whether the other nodes run.", .tree),
        LogExplanation(
            .leaving, "notice", "leaving in order; a second signal ends at once",
            meaning: "After SIGTERM or Control-C: children and clients are sent to other nodes.", .tree),
    ]
}
