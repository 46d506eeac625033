import Tree
import UV
import Wire

/// Writes the bans to their file in the thread pool: all of them, one write at a time, since the node sends the next
/// after it has heard of the last.
final class BanKeeping {
    private let loop: Loop
    private let directory: DataDirectory
    private let files: OpenedFiles
    private let done: (Event) -> Void
    private var isClosed = false

    /// - Parameter files: while one of them isn't in its place, the bans count as not saved.
    init(on loop: Loop, _ directory: DataDirectory, in files: OpenedFiles, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.directory = directory
        self.files = files
        self.done = done
    }

    func persist(_ ticket: Ticket, _ records: [BanRecord]) {
        let save = directory.saving(bans: records)
        Work.run(on: loop) { [files] () -> String? in
            files.moved?.description ?? save()?.description
        } done: { [self] failure in
            if !isClosed { done(.persistedBans(ticket, failure: failure)) }
        }
    }

    /// Reports nothing any more. What is being written is finished.
    func close() { isClosed = true }
}
