import Logging
import UV

/// `coppice clock` from its start to its end.
public enum ClockProgram {
    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Throws: what kept it from starting; nothing was printed then.
    public static func run(_ settings: ClockSettings, log: Logger) throws(ClockFailure) {
        let loop: Loop
        do { loop = try Loop() } catch { throw .noLoop(error) }
        let server: ClockServer
        do throws(ClockFailure) {
            server = try ClockServer(on: loop, settings, log: log)
        } catch {
            loop.close()
            throw error
        }
        var watchers: [SignalWatcher] = []
        let stop = { (name: String) in
            log.info("\(name): ending")
            server.stop()
            watchers.forEach { $0.close() }
            watchers = []
        }
        watchers = [
            SignalWatcher(on: loop, signal: SignalWatcher.terminate) { stop("SIGTERM") },
            SignalWatcher(on: loop, signal: SignalWatcher.interrupt) { stop("SIGINT") },
        ]
        // Whoever waits for this line would wait for ever.
        if !StandardOutput.announce("listening on \(server.address)\n", within: ClockLimits.announceLimit) {
            stop("standard output can't be written")
        }
        loop.run()
        loop.close()
        server.release()
    }
}
