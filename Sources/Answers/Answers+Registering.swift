extension AnswerExplanation {
    static let registering: [AnswerExplanation] = [
        AnswerExplanation(
            "REGISTER_FAILED", "… is already registered with the system",
            meaning: "Somebody has that name, in this or another spelling that counts as the same, or registers it at "
                + "the same moment: coppice account show NAME tells. If nobody has it, a claim of an attempt that was "
                + "broken off stands for 9 s more, or a node that was asked had too many questions open.",
            metric: failedRegistrations, .registering),
        AnswerExplanation(
            "REGISTER_FAILED", "this network has as many names as it takes: ask its operator",
            meaning: "--max-accounts. Remove accounts that nobody uses, or raise it, on all nodes.",
            log: [.accountsFull],
            metric: "coppice_refusals_total{reason=\"accounts\"} and \(failedRegistrations)", .registering),
        AnswerExplanation(
            "REGISTER_FAILED or CHANGE_FAILED", "this node can't store registrations now, try again later",
            "this node can't store secrets now, try again later",
            meaning: "The disk is full, fails, or the data folder has gone. See \"A full disk\" in "
                + "docs/operations.md.",
            log: [.accountsNotSaved, .dataFolderGone],
            metric: "\(failedRegistrations), while coppice_disk_failing is 1", .registering),
        AnswerExplanation(
            "REGISTER_FAILED or CHANGE_FAILED",
            "… is on … disks so far, which is too few: it may still succeed, try to log in later",
            "… is on … disks so far, which is too few: it may still succeed, try to log in with both secrets later",
            "… is on 1 disk so far, which is too few: it may still succeed, try to log in later",
            "… is on 1 disk so far, which is too few: it may still succeed, try to log in with both secrets later",
            meaning: "After 8 s fewer than --replicas + 1 disks have it: a node in the tree is silent, or its disk "
                + "fails or is slow. coppice tree shows the nodes that answer, the log of each whether its disk fails.",
            log: [.accountsNotSaved], metric: failedRegistrations, .registering),
        AnswerExplanation(
            "REGISTER_FAILED", "too many registrations from your address: try again in … s",
            "too many registrations of …: try again in … s",
            meaning: "--register-attempts: each attempt counts, whether it succeeds or not. The pause ends by itself. "
                + "Where many people share an address raise it.",
            metric: "\(failedRegistrations) and \(refusals("attempts"))", .registering),
        AnswerExplanation(
            "REGISTER_FAILED", "… cannot be registered now, try again",
            meaning: "Too many secrets wait for their hash, or there is no memory for it (19 MiB): look at "
                + "coppice_hashes_waiting.",
            metric: "\(failedRegistrations) and \(refusals("busy"))", .registering),
        AnswerExplanation(
            "REGISTER_FAILED", "… is for clients without a name: register another one",
            meaning: "`anonymous`, in any spelling, can't be registered.", metric: failedRegistrations, .registering),
        AnswerExplanation(
            "REGISTER_FAILED", "names are given out elsewhere: log in with a token of there",
            meaning: "--jwt-owns-names.", metric: failedRegistrations, .registering),
        AnswerExplanation(
            "INVALID_MESSAGE", "client has already logged in",
            meaning: "A fault of the client's program: it registers on a connection that is logged in with a name.",
            metric: refusals("invalid"), .registering),
        AnswerExplanation(
            "REGISTER_SUCCESS", "register success for …",
            meaning: "The name is registered, and on as many disks as `durable` says.",
            metric: "coppice_registrations_total{result=\"succeeded\"}", .registering),
    ]

    static let names: [AnswerExplanation] = [
        AnswerExplanation(
            "INVALID_MESSAGE", "the username is empty", "the username begins or ends with a blank",
            "the username has a character that can't be seen",
            "the username has a blank other than the usual one: …",
            "the username has …, which stands for other characters: write those",
            "the username has …, which is no letter, mark or digit of a name",
            "the username begins with a mark that belongs to a letter before it",
            "the username has … where it has no meaning",
            "the username mixes letters of … and …: write it in one of them",
            "the username mixes digits of several scripts",
            "the username mixes letters from the right with others, so that their order isn't clear",
            meaning: "Which names there may be stands in docs/protocol.md (\"Names\"). Who has such a name from before "
                + "logs in as ever.",
            metric: refusals("invalid"), .names),
        AnswerExplanation(
            "INVALID_MESSAGE or CHANGE_FAILED", "the username is longer than … bytes when it is folded",
            "the username is longer than … bytes", "the secret is longer than … bytes",
            meaning: "--max-name-bytes, --max-secret-bytes. Letters beyond ASCII take two bytes or more.",
            metric: refusals("invalid"), .names),
    ]

    static let secrets: [AnswerExplanation] = [
        AnswerExplanation(
            "CHANGE_FAILED", "the present secret is wrong",
            meaning: "Or nobody has registered that name. It counts as a failed login of that name.", .secrets),
        AnswerExplanation(
            "CHANGE_FAILED", "the present secret cannot be checked now, try again",
            "the secret cannot be changed now, try again",
            meaning:
                "Too many secrets wait for their check or their hash: look at coppice_hashes_waiting; or a part of "
                + "the tree that may know the name doesn't answer.",
            metric: refusals("busy"), .secrets),
        AnswerExplanation(
            "CHANGE_FAILED", "anonymous has no secret", "the new secret is the same as the present one",
            "the new secret is empty", "the new secret is longer than … bytes",
            meaning: "The user takes another one; --max-secret-bytes is the limit.", .secrets),
        AnswerExplanation(
            "CHANGE_FAILED", "… was changed by somebody else meanwhile",
            "the secret of … was changed by somebody else later",
            "… was removed, or belongs to somebody else now",
            meaning: "An operator, or the user at another place, has changed or removed the account at the same time. "
                + "Also an answer to coppice account reset.", .secrets),
        AnswerExplanation(
            "INVALID_MESSAGE", "client has already logged in: change the secret on another connection",
            meaning: "A fault of the client's program.",
            metric: refusals("invalid"), .secrets),
        AnswerExplanation(
            "SECRET_CHANGED", "the secret of … was changed", meaning: "It is, and other sessions of the user end.",
            .secrets),
    ]
}
