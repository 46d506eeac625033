import ArgumentParser
import Load
import UV

/// `coppice account bench`
struct AccountBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what many accounts cost: disk, memory, start, and a link that comes up.",
        discussion: "The accounts are made up, and gone afterwards. A million take some 400 MiB of disk for a minute.")

    @Option(help: ArgumentHelp("Accounts to make up.", valueName: "count"))
    var accounts = 1_000_000

    @Option(help: ArgumentHelp("Accounts in which the two sides of a link differ.", valueName: "count"))
    var differences = 1000

    @Option(help: ArgumentHelp("Folder for the file of accounts.", valueName: "folder"))
    var dataDir = "./coppice-data/bench"

    func validate() throws {
        guard (1...10_000_000).contains(accounts) else { throw ValidationError("--accounts has to be 1 to 10000000") }
        guard differences >= 0 else { throw ValidationError("--differences must not be negative") }
    }

    func run() throws {
        do {
            try AccountBench(accounts: accounts, differences: differences, folder: dataDir) { line in
                StandardOutput.write(line + "\n")
            }.run()
        } catch {
            throw Complaint("\(error)")
        }
    }
}
