import UV

/// A program that asks, waits on a loop of its own, and ends with a status.
protocol LoopProgram: AnyObject {
    associatedtype Settings

    /// The exit status.
    var status: Int32 { get }

    init(on loop: Loop, _ settings: Settings)

    /// Begins. The program ends when no handle or request is left that could call back.
    func start()
}

extension LoopProgram {
    /// Runs the program from its start to its end.
    static func runToEnd(_ settings: Settings) -> Int32 {
        let loop: Loop
        do { loop = try Loop() } catch {
            StandardError.write("Error: no event loop: \(error)\n")
            return 1
        }
        let program = Self(on: loop, settings)
        program.start()
        loop.run()
        loop.close()
        return program.status
    }
}

/// What to end with when standard output takes nothing any more.
enum LostOutput {
    /// As by SIGHUP if the terminal has gone, which may be noticed before that signal comes; else 1.
    static var status: Int32 { Terminal.isGone(1) ? hungUp : 1 }

    /// The status of a program that SIGHUP has ended.
    static let hungUp: Int32 = 129
}

extension SignalWatcher {
    /// Watches the signals by which people end a program at a terminal. A program that was started with nohup stays
    /// when the terminal goes.
    ///
    /// - Parameters:
    ///   - interrupted: the exit status after Control-C.
    ///   - end: called with the exit status.
    static func ofPeople(on loop: Loop, interrupted: Int32, end: @escaping (Int32) -> Void) -> [SignalWatcher] {
        [(interrupt, interrupted), (terminate, 0), (hangUp, LostOutput.hungUp), (quit, 131)]
            .filter { $0.0 != hangUp || !isIgnored(hangUp) }
            .map { signal, status in SignalWatcher(on: loop, signal: signal) { end(status) } }
    }
}
