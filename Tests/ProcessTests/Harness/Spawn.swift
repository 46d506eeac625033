import Foundation
import Synchronization

/// Starts a child process with pipes for its standard input and output. Its standard error goes to a file.
enum Spawn {
    struct Child {
        let pid: pid_t
        let input: Descriptor
        let output: Descriptor
    }

    /// Held while a child is started, and while a descriptor is open that isn't closed in children yet: two tests may
    /// run at a time.
    private static let starting = Mutex(())

    /// Opens a terminal. Both ends are closed in children.
    static func openTerminal(_ size: winsize? = nil) throws -> (number: Int32, end: Int32) {
        var (number, end): (Int32, Int32) = (-1, -1)
        let isOpen = starting.withLock { _ in
            var size = size ?? winsize(ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0)
            guard openpty(&number, &end, nil, nil, &size) == 0 else { return false }
            for descriptor in [number, end] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            return true
        }
        guard isOpen else { throw Failure("no pseudo-terminal: \(String(cString: strerror(errno)))") }
        return (number, end)
    }

    /// Copies a program that is to be started. While it is written no child may begin, which would hold it open for
    /// writing for a moment: then it can't be executed.
    static func copyProgram(from source: String, to copy: String) throws {
        try starting.withLock { _ in try FileManager.default.copyItem(atPath: source, toPath: copy) }
    }

    /// Accepts a connection that is closed in children. The same results as those of accept(2).
    static func accept(_ listener: Int32) -> Int32 {
        starting.withLock { _ in
            let accepted = Foundation.accept(listener, nil, nil)
            if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
            return accepted
        }
    }

    /// The child gets only its three descriptors, the signals' default meanings, and `folder` as its working directory.
    ///
    /// - Parameters:
    ///   - descriptors: how many descriptors the child may have; nil for as many as this process.
    ///   - terminal: the path of a terminal that replaces the pipe for standard input.
    ///   - screen: the path of a terminal that belongs to the child: it is all three descriptors, and sends signals to
    ///     the child.
    static func start(
        _ path: String, _ arguments: [String], folder: String, errorFile: String, descriptors: Int? = nil,
        terminal: String? = nil, screen: String? = nil
    ) throws -> Child {
        let (inputRead, inputWrite) = try pipe()
        let (outputRead, outputWrite) = try pipe()
        defer {
            _ = close(inputRead)
            _ = close(outputWrite)
        }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal {
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR | O_NOCTTY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, inputRead, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, outputWrite, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let screen {
            // The first terminal that the leader of a session opens becomes the session's terminal.
            for number in 0...2 as ClosedRange<Int32> {
                posix_spawn_file_actions_addopen(&actions, number, screen, O_RDWR, 0)
            }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let session = screen == nil ? 0 : Int32(0x80)  // POSIX_SPAWN_SETSID
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session))

        // posix_spawn can't change the folder here. The shell is replaced by the program, so the pid is the program's.
        let limit = descriptors.map { "ulimit -n \($0) && " } ?? ""
        let shell = ["/bin/sh", "-c", "\(limit)cd \"$0\" && exec \"$@\"", folder, path]
        var words: [UnsafeMutablePointer<CChar>?] = (shell + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }

        var pid: pid_t = 0
        let result = starting.withLock { _ in posix_spawn(&pid, shell[0], &actions, &attributes, words, environ) }
        guard result == 0 else {
            _ = close(inputWrite)
            _ = close(outputRead)
            throw Failure("cannot start \(path): \(String(cString: strerror(result)))")
        }
        return Child(pid: pid, input: Descriptor(inputWrite), output: Descriptor(outputRead))
    }

    /// Both ends are closed in children. A child that kept another one's pipe open would hide that the other has ended.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let isOpen = starting.withLock { _ in
            guard Foundation.pipe(&ends) == 0 else { return false }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return true
        }
        guard isOpen else { throw Failure("no pipe: \(String(cString: strerror(errno)))") }
        return (ends[0], ends[1])
    }
}
