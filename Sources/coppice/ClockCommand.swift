import ArgumentParser
import Clock

/// `coppice clock`
struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Hand out strictly increasing stamps to the nodes.",
        discussion: """
            Prints "listening on HOST:PORT" when it serves. It keeps an upper bound of its stamps on disk, so that a \
            restart never repeats one. SIGTERM and Control-C end it.
            """)

    @Option(
        name: [.customLong("lp", withSingleDash: true), .customLong("listen-port")],
        help: ArgumentHelp("Port to listen on, 0 to 65535; 0 takes a free one.", valueName: "port"))
    var listenPort: UInt16 = 3779

    @Option(help: ArgumentHelp("Address to listen on: numeric, or localhost.", valueName: "address"))
    var bind = "localhost"

    @Option(
        help: ArgumentHelp(
            "Folder for the bound of the stamps. (default: ./coppice-data/PORT)", valueName: "folder"))
    var dataDir: String?

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        var settings = ClockSettings()
        settings.port = listenPort
        settings.bind = bind
        settings.dataDirectory = dataDir
        do {
            try ClockProgram.run(settings, log: logging.logger("clock"))
        } catch {
            throw Complaint(error)
        }
    }
}
