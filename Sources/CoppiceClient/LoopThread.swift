import Glibc
import Synchronization
import UV

/// The thread that all clients of a program share: it runs one loop, and the jobs of the actors that live on it.
///
/// So the sockets, timers and TLS of the node serve a client, too. They call back on the loop's thread, and that is
/// where the actor runs: what it does with a line needs neither a lock nor a change of threads.
final class LoopThread: SerialExecutor, @unchecked Sendable {
    /// It begins with the first client, and lasts as long as the program.
    static let shared = LoopThread()

    private let jobs = Mutex<[UnownedJob]>([])
    /// To be used on the thread only, like all that follows.
    let loop: Loop
    private var waker: LoopWaker!
    private var hooks: [TurnHook] = []
    private var atEndOfTurn: [() -> Void] = []
    private let thread = Mutex<pthread_t?>(nil)

    private init() {
        do { loop = try Loop() } catch { fatalError("there is no event loop: \(error)") }
        waker = LoopWaker(on: loop) { [unowned self] in runJobs() }
        // What a turn brought is sent in one piece.
        hooks = [
            TurnHook(on: loop, kind: .beforePolling) { [unowned self] in endTurn() },
            TurnHook(on: loop, kind: .afterPolling) { [unowned self] in endTurn() },
        ]
        start()
    }

    private func start() {
        // A signal is for the threads of the program.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var id = pthread_t()
        let status = pthread_create(
            &id, nil,
            { context in
                let thread = Unmanaged<LoopThread>.fromOpaque(context!).takeUnretainedValue()
                thread.thread.withLock { $0 = pthread_self() }
                thread.loop.run()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(status == 0, "there is no thread for the clients: \(status)")
        pthread_detach(id)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    // MARK: Jobs of actors

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { waker.wake() }
    }

    private func runJobs() {
        let due = jobs.withLock { jobs in
            let due = jobs
            jobs.removeAll(keepingCapacity: true)
            return due
        }
        for job in due { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        let isHere = thread.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
        precondition(isHere, "this belongs to the thread of the clients")
    }

    // MARK: Turns

    /// Calls back before the loop waits again.
    func finishTurn(_ body: @escaping () -> Void) { atEndOfTurn.append(body) }

    private func endTurn() {
        while !atEndOfTurn.isEmpty {
            let due = atEndOfTurn
            atEndOfTurn.removeAll(keepingCapacity: true)
            for body in due { body() }
        }
    }
}
