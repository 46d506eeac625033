import CLibUV

/// An end that doesn't wait for a disk. Work that is under way in the thread pool can't be stopped, and keeps a loop
/// running until it is done.
extension Loop {
    /// Makes `run()` return after at most this time, even while work is under way. To be called when everything that
    /// was made on the loop has been closed. Of several limits the shortest counts.
    public func limitEnd(to limit: Duration) {
        let timer = endTimer ?? Timer(on: self) { [unowned self] in stop() }
        endTimer = timer
        timer.unreference()
        let due = Loop.monotonicNanoseconds + limit.waitNanoseconds
        guard due < endDue else { return }
        endDue = due
        timer.start(after: limit)
    }

    /// Closes the loop, unless something is still under way. In that case the loop is left as it is, and the process
    /// has to end by `ProcessEnd`, which doesn't wait for the work either.
    ///
    /// - Returns: whether the loop was closed.
    public func closeOrAbandon() -> Bool {
        endTimer?.close()
        endTimer = nil
        // Handles that were closed report that in the next turn.
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
