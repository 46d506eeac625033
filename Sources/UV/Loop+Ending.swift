import CLibUV

/// An end that doesn't wait for a disk: what is under way in the thread pool can't be stopped,
/// and keeps a loop running until it is done.
extension Loop {
    /// Lets `run()` return after at most so long, also while there is work under way. To be called when everything that
    /// was made on the loop has been closed; the shortest limit counts.
    public func limitEnd(to limit: Duration) {
        let timer = endTimer ?? Timer(on: self) { [unowned self] in stop() }
        endTimer = timer
        timer.unreference()
        let due = Loop.monotonicNanoseconds + limit.waitNanoseconds
        guard due < endDue else { return }
        endDue = due
        timer.start(after: limit)
    }

    /// Closes the loop, unless something is still under way. Then it is left as it is, and the process has to end by
    /// `ProcessEnd`, which doesn't wait for it either.
    ///
    /// - Returns: whether it was closed.
    public func closeOrAbandon() -> Bool {
        endTimer?.close()
        endTimer = nil
        // What was closed says so in the next turn.
        uv_run(raw, UV_RUN_NOWAIT)
        resumePolling()
        guard uv_loop_alive(raw) != 0 else {
            close()
            return true
        }
        abandon()
        ProcessEnd.hasAbandonedWork.store(true, ordering: .relaxed)
        return false
    }
}
