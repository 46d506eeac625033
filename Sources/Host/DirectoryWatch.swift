import UV

/// Reports when the files of a node are no longer where the node opened them, and when they are there again. What is
/// written to a removed file is lost without an error.
final class DirectoryWatch {
    /// What has changed since the last check.
    enum Change {
        case lost(MovedFile)
        case back
    }

    private let loop: Loop
    private let files: OpenedFiles
    private let changed: (Change) -> Void
    private var timer: Timer?
    private var isLooking = false
    private var isLost = false

    init(on loop: Loop, _ files: OpenedFiles, changed: @escaping (Change) -> Void) {
        self.loop = loop
        self.files = files
        self.changed = changed
        timer = Timer(on: loop) { [unowned self] in look() }
        timer!.start(after: Settings.directoryLook, repeating: Settings.directoryLook)
    }

    func close() {
        timer?.close()
        timer = nil
    }

    /// Checks in the thread pool: a disk that hangs must not stop the node.
    private func look() {
        guard !isLooking else { return }
        isLooking = true
        Work.run(on: loop) { [files] in
            files.moved
        } done: { [self] moved in
            isLooking = false
            guard timer != nil, (moved != nil) != isLost else { return }
            isLost = moved != nil
            changed(moved.map { .lost($0) } ?? .back)
        }
    }
}

/// A file that is no longer the one that was opened.
struct MovedFile: Hashable, Sendable, CustomStringConvertible {
    let path: String

    var description: String { "\(path) was removed or replaced while the node runs" }
}

/// The files that a node writes to, as they were when it opened them.
struct OpenedFiles: Sendable {
    private let files: [(path: String, identity: FileIdentity?)]

    init(_ paths: [String]) {
        files = paths.map { ($0, FileIdentity($0)) }
    }

    /// The first file that isn't in its place; nil if all are. This blocks.
    var moved: MovedFile? {
        files.first { FileIdentity($0.path) != $0.identity }.map { MovedFile(path: $0.path) }
    }
}
