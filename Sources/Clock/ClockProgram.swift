import LogLines
import Logging
import Systemd
import TLS
import UV

/// `coppice clock` from its start to its end.
public enum ClockProgram {
    /// Checks all that a clock with these settings would use, and starts nothing.
    ///
    /// - Throws: why such a clock could not start.
    public static func check(_ settings: ClockSettings) throws(ClockFailure) {
        if settings.bind != "localhost", SocketAddress(numeric: settings.bind, port: settings.port) == nil {
            throw .badAddress(settings.bind)
        }
        guard case .directory(let folder?) = settings.keeping else { return }
        do { try Files.checkWritableFolder(folder) } catch { throw .file(error) }
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Throws: why the clock could not start. Nothing has been printed then.
    ///
    /// - Parameter reload: reads the settings again after SIGHUP; nil if there is no file with settings.
    public static func run(
        _ settings: ClockSettings, log: Logger, reload: ((Logger) -> Void)? = nil
    ) throws(ClockFailure) {
        let loop: Loop
        do { loop = try Loop() } catch { throw .noLoop(error) }
        let server: ClockServer
        do throws(ClockFailure) {
            server = try ClockServer(on: loop, settings, log: log)
        } catch {
            loop.close()
            throw error
        }
        var isEnding = false
        let service = ServiceNotifier(on: loop)
        let stop = { (name: String) in
            server.log[.signal].info("\(name): \(isEnding ? "ending at once" : "ending")")
            loop.limitEnd(to: isEnding ? ClockLimits.sharpEndLimit : ClockLimits.endLimit)
            if !isEnding { service.stopping() }
            isEnding = true
            service.close()
            server.stop()
        }
        let signals = ServerSignals(on: loop) { meaning, name in
            switch meaning {
            case .end: stop(name)
            case .reload:
                var read: [String] = []
                if reload != nil { read.append("the settings") }
                if settings.rereadKeys != nil { read.append("the secret") }
                let what =
                    read.isEmpty ? "there is nothing to read again" : "reading \(read.joined(separator: " and ")) again"
                server.log[.signal].notice("\(name): \(what)")
                reload?(server.log)
                if let reread = settings.rereadKeys { takeKeys(reread, on: loop, for: server) }
            case .nothing: server.log[.signal].debug("\(name): ignored")
            }
        }
        // A program that waits for this line would wait for ever.
        if !StandardOutput.announce("listening on \(server.address)\n", within: ClockLimits.announceLimit) {
            stop("standard output can't be written")
        } else {
            service.ready(on: loop, state: "telling the time") { true }
        }
        loop.run()
        // The handlers stay until here. A third signal would otherwise kill a process that is about to end in order.
        signals.close()
        if !loop.closeOrAbandon() {
            server.log[.diskSlow].warning("the disk, or etcd, takes too long: ended without it")
        }
        server.release()
    }

    /// Reads and derives keys in the thread pool: that takes 50 ms each.
    private static func takeKeys(
        _ reread: @escaping @Sendable () throws -> [LinkKey], on loop: Loop, for server: ClockServer
    ) {
        server.secretReadings += 1
        let reading = server.secretReadings
        Work.run(on: loop) {
            Result { try reread() }.mapError { Unreadable(description: "\($0)") }
        } done: { result in
            // Of two readings at a time the later one counts, whichever ends first.
            guard reading == server.secretReadings else { return }
            switch result {
            case .success(let keys):
                server.accept(keys)
                server.log[.secretRead].notice(
                    keys.count == 1
                        ? "read the secret again: this one alone is taken from now on"
                        : "read the secret again: two are taken from now on, and the first is shown")
            case .failure(let error):
                server.log[.secretUnusable].error(
                    "the secret stays as it was: \(error)", metadata: ["fault": "secret file"])
            }
        }
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }
}
