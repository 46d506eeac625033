import Store
import Tree
import UV

/// Writes batches of accounts in the thread pool, one at a time: the node sends the next one after it has heard of the
/// last.
final class AccountKeeping {
    private let loop: Loop
    private let store: AccountStore
    private let files: OpenedFiles
    private let done: (Event) -> Void
    private var isSaving = false
    private var isClosed = false

    /// - Parameter files: while one of them isn't in its place, a batch counts as not saved.
    init(on loop: Loop, _ store: AccountStore, in files: OpenedFiles, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.store = store
        self.files = files
        self.done = done
    }

    func persist(_ ticket: Ticket, _ records: [AccountRecord]) {
        isSaving = true
        Work.run(on: loop) { [store, files] () -> String? in
            do throws(StoreError) {
                try store.save(records)
                return files.moved?.description
            } catch {
                return error.description
            }
        } done: { [self] failure in
            isSaving = false
            if isClosed { closeStore() } else { done(.persisted(ticket, failure: failure)) }
        }
    }

    /// Reports nothing any more. A batch that is being written is finished; then the file is closed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        if !isSaving { closeStore() }
    }

    /// Closes the store in the pool, since SQLite syncs the file once more.
    private func closeStore() {
        Work.run(on: loop) { [store] in
            store.close()
        } done: {
        }
    }
}
