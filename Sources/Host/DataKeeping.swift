import LogLines
import Logging
import Store
import Tree
import UV

/// Saves what a node has to remember in its data directory, and watches the directory while the node runs.
final class DataKeeping {
    private let contacts: ContactKeeping
    private let accounts: AccountKeeping
    private let bans: BanKeeping
    private let watch: DirectoryWatch

    /// - Parameters:
    ///   - store: the opened accounts of that directory.
    ///   - saved: called with the result of each batch of accounts, and of each write of the bans.
    init(
        on loop: Loop, _ directory: DataDirectory, _ store: AccountStore, _ logger: Logger,
        saved: @escaping (Event) -> Void
    ) {
        let files = directory.openedFiles
        contacts = ContactKeeping(on: loop, directory, in: files) {
            logger[.contactsNotSaved].warning("the known nodes cannot be saved: \($0)")
        }
        accounts = AccountKeeping(on: loop, store, in: files, done: saved)
        bans = BanKeeping(on: loop, directory, in: files, done: saved)
        watch = DirectoryWatch(on: loop, files) { change in
            switch change {
            case .lost(let file):
                logger[.dataFolderGone].error(
                    "\(file): nothing is saved any more; put it back, or start the node again")
            case .back: logger[.dataFolderBack].notice("the files of the data directory are in their places again")
            }
        }
    }

    func persist(_ ticket: Ticket, _ records: [AccountRecord]) { accounts.persist(ticket, records) }

    func persist(_ ticket: Ticket, bans records: [BanRecord]) { bans.persist(ticket, records) }

    func remember(_ known: [Contact]) { contacts.save(known) }

    func close() {
        accounts.close()
        bans.close()
        watch.close()
    }
}
