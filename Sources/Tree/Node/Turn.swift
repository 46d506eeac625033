// What a node does when time has passed, and at the end of each turn.

extension Node {
    func timePassed() {
        noticeOwnStall()
        // This ends, since a reason that sets its timer again sets it later than now.
        while let reason = timers.takeDue(at: now.instant) {
            switch reason {
            case .heartbeat: sendHeartbeats()
            case .silence: judgeSilence()
            case .idleExchange: beginExchange()
            case .search: advanceSearch()
            case .attempt: giveUpLate()
            case .probe: probeOutside()
            case .probeAnswer: giveUpProbes()
            case .verify: verifyDeadpool()
            case .alone: aloneGraceEnded()
            case .unjoined: remindOfUnjoined()
            case .announce: announce()
            case .questions: giveUpQuestions()
            case .resume: stopWaitingForResumed()
            case .clock: askClock()
            case .order: giveUpHolds()
            case .retention: trimLog()
            case .continuation, .flow, .drain, .durability, .saveBans: break  // the turn's end does it
            case .remember: rememberNodes()
            case .strangers: refuseSilentStrangers()
            case .idle: refuseIdleClients()
            case .save: accounts.changes.saves.tryAgain()
            case .rateLimit: refillRateLimiters()
            case .removals:
                forgetOldRemovals()
                forgetOverBans()
            case .bans: forgetOverBans()
            case .moves: moveClients()
            }
        }
    }

    func turnEnded() {
        trimGrownLog()
        if topology.positionChanged { pushPosition() }
        requestStampsIfNeeded()
        if mutation == .watermarkBeforeEntries { tellWatermarks() }
        leaveLaggingBehind()
        for link in linksToFeed { feed(link) }
        measureFlow()
        exchangeVectors()
        continueComparisons()
        spreadBans()
        endMoreSessions()
        advanceSafe()
        saveAccounts()
        saveBans()
        checkDurability()
        for link in links where link.isNode { acknowledge(link) }
        deliver()
        tellWatermarks()
        admitMoreParked()
        feedResuming()
        askForSeen()
        reportMissed()
        relieveBackpressure()
        tellSizes()
        continueDraining()
        announceNews()
        if counters.mustRemember(topology.deadpool) {
            timers.set(.remember, noLaterThan: now.instant + Limits.rememberPause)
        }
    }
}
