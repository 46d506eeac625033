extension LogExplanation {
    static let clients: [LogExplanation] = [
        LogExplanation(
            .clientTooSlow, "notice", "closed the client … it reads too slowly: …",
            meaning: "It lagged by more than --max-lag-bytes or behind what is kept, or took nothing for "
                + "--taken-within: the end of the line tells which. coppice client connects again and goes on.",
            .clients),
        LogExplanation(
            .clientsIdle, "notice", "closed … said nothing for too long (--idle-timeout)",
            meaning: "They sent nothing, no PING either, for --idle-timeout. Said every 10 s at most.", .clients),
        LogExplanation(
            .clientsMissed, "warning",
            "… clients came back for entries that nobody keeps any more, … in all: see --retention-time and "
                + "--retention-bytes",
            meaning: "One line for all such clients of the last ten seconds or more. Those that asked for it were told "
                + "what is missing. Keep messages for longer.", .clients),
        LogExplanation(
            .clientsFull, "warning", "refusing newcomers: there are … clients, as many as there may be (--max-clients)",
            meaning: "Nodes and tools still get in. Raise --max-clients or start more nodes. Said every 10 s at most.",
            .clients),
        LogExplanation(
            .addressFull, "warning",
            "refusing clients from …: … from there are logged in, as many as may be (--max-clients-per-address)",
            meaning: "Other addresses get in. Where that address is a proxy or a whole company, raise "
                + "--max-clients-per-address. Said every 10 s at most.", .clients),
        LogExplanation(
            .clientsParked, "warning",
            "refusing newcomers: … clients wait until this node has its position, and take too much",
            meaning: "The node has no position in the tree yet, and the messages of waiting clients take 64 MiB. See "
                + "why it doesn't join. Said every 10 s at most.", .clients),
        LogExplanation(
            .plainSecret, "warning",
            "refused a user's secret in clear from …: others can read it on the way; let clients use TLS (--tls-cert), "
                + "or allow it (--allow-plain)",
            meaning: "A user wanted to log in without TLS from another machine. Let the client use TLS.", .clients),
        LogExplanation(
            .noDescriptors, "warning", "turning newcomers away: … connections are open, and descriptors run out",
            meaning: "Even the reserve is used up. Raise the limit of open files (ulimit -n, LimitNOFILE). Said every "
                + "10 s at most.", .clients),
        LogExplanation(
            .fewDescriptors, "warning",
            "--max-clients … is more than there are descriptors for: raise the limit (ulimit -n)",
            meaning: "As many clients are served as there are descriptors for.", .clients),
        LogExplanation(
            .acceptFailed, "warning", "cannot accept a connection: …", "a connection could not be accepted: …",
            meaning: "The system refused a new connection; the reason stands there. With \"too many open files\" raise "
                + "the limit (ulimit -n).", .clients),
        LogExplanation(
            .room, "info", "room for … clients: … descriptors, some of them reserved",
            meaning: "At the start: how many clients the limit of open files allows.", .clients),
        LogExplanation(
            .clientSlowedDown, "notice", "a client at … says more than … … a second: it is slowed down (…)",
            meaning:
                "The node reads from it at the rate of --message-rate or --byte-rate. Said once for each connection.",
            .clients),
        LogExplanation(
            .proxyHeaderMissing, "warning",
            "refused a connection of …, which is in --proxy-from: no PROXY header: …",
            meaning: "A balancer writes no header (HAProxy: send-proxy-v2), or somebody else comes from its address.",
            .clients),
        LogExplanation(
            .proxyHeaderForeign, "warning", "refused a PROXY header of …, which is no balancer: see --proxy-from",
            meaning: "That balancer's address is missing from --proxy-from, or somebody wants to choose where it comes "
                + "from.", .clients),
    ]

    static let moves: [LogExplanation] = [
        LogExplanation(
            .drainBegun, "notice", "drained by an operator: … clients are sent to other nodes, … a second",
            meaning: "coppice drain. The node takes no new clients and stays in the tree.", .clients),
        LogExplanation(
            .drainStopped, "notice", "drained no more: takes clients again",
            meaning: "coppice drain --stop.", .clients),
        LogExplanation(
            .drained, "notice", "all clients are gone",
            meaning: "The node that is drained has none left: stop it, or upgrade it.", .clients),
        LogExplanation(
            .drainStuck, "warning", "… clients can't be sent elsewhere: no other node takes any",
            meaning:
                "All other nodes are full, drained, or out of reach. The clients stay where they are until one takes "
                + "them. Said every 10 s at most.", .clients),
        LogExplanation(
            .rebalancing, "notice", "has more clients than its share: sends … to other nodes, … a second",
            meaning: "coppice rebalance.", .clients),
    ]

    static let accounts: [LogExplanation] = [
        LogExplanation(
            .accountsRead, "info", "… accounts", meaning: "At the start: so many were on the disk.", .accounts),
        LogExplanation(
            .accountsFull, "warning",
            "refusing registrations: … names are registered, as many as there may be (--max-accounts)",
            meaning: "Remove accounts that nobody uses (coppice account remove), or raise --max-accounts. Said every "
                + "10 s at most.", .accounts),
        LogExplanation(
            .accountsNotSaved, "error",
            "accounts can't be saved, and registrations are refused until they can: …: check --data-dir",
            meaning: "The disk is full, fails, or the folder has gone; the reason stands there. Logins and messages go "
                + "on. The node tries again after 1 s, then up to every 30 s.", .accounts),
        LogExplanation(
            .accountsSavedAgain, "notice", "accounts are saved again",
            meaning: "What could not be saved before is on the disk now.", .accounts),
        LogExplanation(
            .nameLost, "notice", "the name … belongs to an earlier registration",
            meaning: "Two sides of a split registered one name. The later owner was told.", .accounts),
        LogExplanation(
            .namesAlike, "warning", "the accounts … have names that count as one…",
            "the account …: only its exact spelling gets in",
            meaning: "They were registered before names were compared without case. Each logs in with its exact "
                + "spelling only. Remove one, or leave them. Said at the start, and when the node hears "
                + "of one.", .accounts),
        LogExplanation(
            .hashRefused, "warning",
            "the hash of a secret is none, or costs more to check than it may: its owner can't log in until `coppice "
                + "account reset`",
            meaning: "Another node or a backup has brought a hash that isn't Argon2id's, or that costs more than ten "
                + "times this node's own.", .accounts),
    ]

    static let bans: [LogExplanation] = [
        LogExplanation(
            .banned, "notice", "banned … …, …",
            meaning:
                "A ban has come to this node, from an operator (coppice session ban) or from another node. Whoever "
                + "it meets is told, and let in nowhere.", .accounts),
        LogExplanation(
            .unbanned, "notice", "… is banned no more, …",
            meaning: "A ban was lifted (coppice session unban).", .accounts),
        LogExplanation(
            .bannedRefused, "notice", "refusing a client at …: … is banned",
            meaning: "It was told so, with the reason. Said every 10 s at most.", .accounts),
        LogExplanation(
            .sessionsEnded, "notice", "an operator ends the sessions of …",
            meaning:
                "By coppice session end, at this node. They are ended at all nodes, and their clients are told why.",
            .accounts),
        LogExplanation(
            .bansNotSaved, "error",
            "bans can't be saved, and changes are refused until they can: …: check --data-dir",
            meaning:
                "The disk is full, fails, or the folder has gone; the reason stands there. The bans hold. The node "
                + "tries again after 1 s, then up to every 30 s.", .accounts),
        LogExplanation(
            .bansSavedAgain, "notice", "bans are saved again",
            meaning: "What could not be saved before is on the disk now.", .accounts),
        LogExplanation(
            .bansForgotten, "warning", "… bans were dropped, the oldest: there are more than are kept; lift some",
            meaning: "Two parts of the network have met that had very many each. Ban ranges of addresses instead.",
            .accounts),
    ]

    static let tls: [LogExplanation] = [
        LogExplanation(
            .tlsFailed, "notice", "TLS with … failed: …",
            meaning: "A handshake failed or took too long, or bytes were changed on the way; the reason stands there, "
                + "as far as TLS tells it. Often a client that doesn't believe the certificate.", .tls),
        LogExplanation(
            .tlsImpossible, "warning", "no TLS for …: …",
            meaning: "The node could not begin TLS; the reason stands there.", .tls),
        LogExplanation(
            .tlsWithoutCertificate, "notice", "… speaks TLS, and this node has no certificate (--tls-cert, --tls-key)",
            meaning: "Give the node a certificate, or let the client connect without TLS.", .tls),
        LogExplanation(
            .tlsCrowded, "warning", "more than … TLS handshakes at a time: the oldest go (--max-handshakes)",
            meaning: "Somebody begins many and ends none, or --max-handshakes is too low.", .tls),
        LogExplanation(
            .certificateRead, "notice", "read the certificate in … again: new connections get it",
            meaning: "After SIGHUP, or because it has changed.", .tls),
        LogExplanation(
            .certificateUnusable, "error", "the certificate stays as it was: …",
            meaning: "The files have changed and can't be used; the reason names the flag to check.", .tls),
        LogExplanation(
            .certificateEnds, "warning, error", "the certificate in … ends in … days (…)",
            "the certificate in … has expired: … refuse it (…)",
            meaning: "Renew it. Said once a day, from 14 days before.", .tls),
        LogExplanation(
            .certificateOtherName, "warning",
            "the certificate in … isn't for …, the host name that this node tells others: clients that come by it "
                + "refuse the certificate (--tls-cert, -lh)",
            meaning: "Clients with TLS check the name by which they come. Those that are sent here, or come back to "
                + "here, come by -lh: take a certificate for that name, or name the node with -lh as its certificate "
                + "does. Said at the start, and when the certificate is read again.", .tls),
        LogExplanation(
            .keyReadable, "warning", "other users can read the private key in … (…): chmod 600 …",
            meaning: "Whoever has the key can pretend to be this node. Protect it, and replace it if others may have "
                + "read it.",
            .tls),
        LogExplanation(
            .tokenKeysRead, "notice", "read the keys for tokens in … again: … of them",
            meaning: "After SIGHUP, or because the file has changed: tokens are checked by the new keys.", .tls),
        LogExplanation(
            .tokenKeysUnusable, "error", "the keys for tokens stay as they were: …",
            meaning: "The file has changed and can't be used: check --jwt-key.", .tls),
        LogExplanation(
            .tokenKeysReadable, "warning", "other users can read the secret in … (--jwt-key): chmod 600 …",
            meaning: "Whoever has the secret can log in as anybody. Protect it, and replace it if others may have read "
                + "it.", .tls),
        LogExplanation(
            .tokenKeyLeftOut, "warning", "…: … (--jwt-key)",
            meaning: "A key of the set is of no use here, as the line says; the others are.", .tls),
    ]
}
