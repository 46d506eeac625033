import Tree
import UV

/// Saves the known nodes in the thread pool, one save at a time, so that they stay in order. Of waiting saves only the
/// newest is made, since each contains all that is worth knowing.
final class ContactKeeping {
    private let loop: Loop
    private let directory: DataDirectory
    private let files: OpenedFiles
    private let failed: (String) -> Void
    private var isSaving = false
    private var next: [Contact]?

    /// - Parameter files: nothing is written while one of them isn't in its place: the directory may belong to another
    ///   node.
    init(on loop: Loop, _ directory: DataDirectory, in files: OpenedFiles, failed: @escaping (String) -> Void) {
        self.loop = loop
        self.directory = directory
        self.files = files
        self.failed = failed
    }

    /// Saves contacts. Even those that come right before the end are saved, if the disk is fast enough
    /// (`Loop.limitEnd`).
    func save(_ contacts: [Contact]) {
        next = contacts
        saveNext()
    }

    private func saveNext() {
        guard !isSaving, let contacts = next else { return }
        next = nil
        isSaving = true
        let save = directory.saving(contacts)
        Work.run(on: loop) { [files] in
            files.moved?.description ?? save()?.description
        } done: { [self] failure in
            isSaving = false
            if let failure { failed(failure) }
            saveNext()
        }
    }
}
