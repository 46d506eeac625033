import Store
import Tree
import UV

/// Writes batches of accounts in the thread pool, one at a time: the node orders the next one when it has heard of the
/// last.
final class AccountKeeping {
    private let loop: Loop
    private let store: AccountStore
    private let files: OpenedFiles
    private let done: (Event) -> Void
    private var isSaving = false
    private var isClosed = false

    /// - Parameter files: what is written while one of them isn't in its place counts as not saved.
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

    /// Nothing is told any more. A batch that is being written goes on to its end; then the file is closed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        if !isSaving { closeStore() }
    }

    /// In the pool, since SQLite syncs the file once more.
    private func closeStore() {
        Work.run(on: loop) { [store] in
            store.close()
        } done: {
        }
    }
}
