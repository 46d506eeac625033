extension LogExplanation {
    static let time: [LogExplanation] = [
        LogExplanation(
            .branchLate, "notice", "… did not come back in time: what it still brings may be marked late",
            meaning: "Total order: the node waited for a lost branch for --order-grace. Messages that the branch still "
                + "brings may come out of order, and are marked.", .time),
        LogExplanation(
            .stampRefused, "error", "… sent a stamp … s ahead of the time: dropped the link; check its clock",
            meaning: "The node stored nothing of it. Set that machine's clock; --max-clock-skew is the limit.", .time),
        LogExplanation(
            .clockAnswers, "notice", "the clock server answers again",
            meaning: "Stamps come from the clock again.", .time),
        LogExplanation(
            .clockSilent, "notice", "no clock server answers: stamps come from the node's own clock until one does",
            meaning:
                "Said once, after some seconds. The network goes on; check --clock, and whether a clock runs. "
                + "--clock none says that there is none.", .time),
        LogExplanation(
            .clockWentBack, "error",
            "the clock server's stamps went back: they are not used, until it has caught up or is another one",
            meaning: "That clock no longer leads, or has lost its data folder.", .time),
        LogExplanation(
            .clockFar, "error",
            "the clock server's time is … s away from this machine's, and no other node confirms it: it is not "
                + "followed; set the clock of that machine, or of this one",
            meaning: "It is more than a day. The node stamps by itself until then. Said once.", .time),
        LogExplanation(
            .clockFollowed, "notice", "follows the clock at …", meaning: "Its stamps come from that clock from now on.",
            .time),
        LogExplanation(
            .noClockThere, "warning", "there is no clock at …: …: check --clock; trying again ever more seldom",
            meaning: "The server there gives no stamps: another program, a clock of the original system, or a clock "
                + "that hangs (\"takes connections and says nothing\"). Said once.", .time),
        LogExplanation(
            .clockRefuses, "warning", "the clock at … gives no stamps: …",
            meaning: "The clock's reason stands there. If that is the skew, this node's clock or the other one's is "
                + "wrong by more than --max-clock-skew. Said once.", .time),
    ]

    static let disk: [LogExplanation] = [
        LogExplanation(
            .dataDamaged, "warning", "…",
            meaning: "At the start, a file of the data folder is damaged or can't be used; the line names it and says "
                + "what the node does instead. What was damaged comes back from the other nodes.", .disk),
        LogExplanation(
            .dataFolderGone, "error", "…: nothing is saved any more; put it back, or start the node again",
            meaning: "Somebody removed or replaced the data folder. The node goes on serving, and registrations fail.",
            .disk),
        LogExplanation(
            .dataFolderBack, "notice", "the files of the data directory are in their places again",
            meaning: "The node saves again.", .disk),
        LogExplanation(
            .contactsNotSaved, "warning", "the known nodes cannot be saved: …",
            meaning: "After a restart the node will know fewer nodes. The reason stands there: check --data-dir.", .disk
        ),
        LogExplanation(
            .diskSlow, "warning", "the disk takes too long: ended without it",
            "the disk, or etcd, takes too long: ended without it",
            meaning: "At its end the program waits 2.5 s for what is still to be written.", .disk),
    ]

    static let program: [LogExplanation] = [
        LogExplanation(
            .secretRead, "notice", "read the secret again: this one alone is taken from now on",
            "read the secret again: two are taken from now on, and the first is shown",
            meaning: "After SIGHUP: the file of --secret-file has one line, or two while the secret is changed.",
            .program),
        LogExplanation(
            .secretUnusable, "error", "the secret stays as it was: …",
            meaning: "The file of --secret-file can't be used, and SIGHUP changed nothing.", .program),
        LogExplanation(
            .weakSecret, "warning",
            "the secret has only … characters: whoever records a handshake can try guesses; take a long random one, as "
                + "`openssl rand -base64 24` makes (--secret-file)",
            meaning: "Said at the start of a node that other machines reach.", .program),
        LogExplanation(
            .adminListens, "info", "metrics and health at … (--admin)",
            meaning: "At the start: monitoring may ask there.", .program),
        LogExplanation(
            .adminAcceptFailed, "warning", "cannot accept a connection to the admin port: …",
            meaning: "Descriptors have run out, or the system refuses; the reason stands there.", .program),
        LogExplanation(
            .signal, "info, notice, debug", "SIG…: …",
            meaning: "The program got that signal; what it does stands there.", .program),
        LogExplanation(
            .settingsChanged, "notice", "the settings have changed: …",
            meaning: "After SIGHUP: these have new values from now on.", .program),
        LogExplanation(
            .settingsNeedRestart, "warning", "these settings stay as they were until a restart: …",
            meaning: "After SIGHUP: the file has new values that a running program can't take over.", .program),
        LogExplanation(
            .settingsUnchanged, "info", "no setting has changed",
            meaning: "After SIGHUP: the file, the environment and the command line say what they said before.", .program
        ),
        LogExplanation(
            .settingsWrong, "error", "the settings stay as they were: …",
            meaning:
                "After SIGHUP: the file is wrong, and nothing of it is taken over. The reason names file and line.",
            .program),
        LogExplanation(
            .linesMissing, "warning", "… missing here: standard error was not read in time",
            meaning: "Nobody read the log, as with a full pipe or a stopped terminal. The program keeps 1 MiB of lines "
                + "and drops what comes after.", .program),
    ]

    static let clock: [LogExplanation] = [
        LogExplanation(
            .leads, "notice", "leads: hands out stamps from now on",
            meaning: "With --etcd. epoch is the number of its reign.", .clock),
        LogExplanation(.standsBy, "notice", "stands by: … leads", meaning: "Another clock leads.", .clock),
        LogExplanation(
            .leadsNoMore, "warning", "leads no more: …",
            meaning: "A standby takes over; askers were sent away. The reason stands there.", .clock),
        LogExplanation(
            .wallClockBehind, "warning", "the wall clock is … s behind earlier stamps; stamps go on from those",
            meaning: "The machine's clock was set back. Stamps go on from the last one.", .clock),
        LogExplanation(
            .boundDamaged, "warning", "…",
            meaning: "At the start, one of the two files with the bound of the stamps is damaged; the other one is "
                + "used.",
            .clock),
        LogExplanation(
            .boundNotSaved, "error", "no stamps until this is possible: …",
            meaning: "The clock can't write the bound of its stamps: check the disk. Nodes stamp by themselves "
                + "meanwhile.",
            .clock),
        LogExplanation(
            .etcdSilent, "warning", "etcd doesn't answer: …; check --etcd",
            meaning: "Nobody can take over meanwhile, and the leader has to step down when its lease ends.", .clock),
        LogExplanation(.etcdAnswers, "notice", "etcd answers again", meaning: "All is as before.", .clock),
        LogExplanation(
            .etcdForeign, "error",
            "the keys in etcd are no clock's, and no stamps are handed out: check --etcd-prefix",
            meaning: "Another program uses --etcd-prefix.", .clock),
        LogExplanation(
            .etcdDetail, "debug", "etcd: …", meaning: "Why one request to etcd failed. It is tried again.", .clock),
        LogExplanation(
            .askerRefused, "warning", "… was refused: …",
            meaning: "With \"seen lies … ahead\", that node's clock is wrong, or this one's. With \"its share\", it "
                + "asks for more stamps than messages can need; the others get theirs.", .clock),
        LogExplanation(
            .askersFull, "warning", "refused …: there are … connections, as many as --max-connections allows",
            meaning: "Raise --max-connections if the network has so many nodes.", .clock),
        LogExplanation(
            .askersOfAddressFull, "warning", "refused a connection of …: it has …, see --max-connections-per-address",
            meaning: "Raise --max-connections-per-address if that address has so many nodes.", .clock),
        LogExplanation(
            .askerUnproved, "warning", "… gets no stamps: …",
            meaning: "An asker that doesn't know the clock's secret: check --secret-file at both.", .clock),
    ]
}
