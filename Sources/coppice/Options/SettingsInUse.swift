import Configuring
import LogLines
import Logging

/// The settings that a server runs with now.
final class SettingsInUse {
    private var given: GivenSettings

    init(_ given: GivenSettings) {
        self.given = given
    }

    /// As a configuration file, without secrets.
    var page: String { SettingsPage(given.list).text(given) }

    /// Reads the settings again: the same command line, the file as it is now. It logs what came of it.
    ///
    /// - Parameter takeOver: gets the command as the new settings make it, where settings that need a restart have
    ///   their old values. It has to change nothing if it throws.
    /// - Returns: nil if the settings are wrong; then nothing has changed.
    func readAgain<Command: ConfiguredCommand, Result>(
        _: Command.Type, _ log: Logger, _ takeOver: (Command) throws -> Result
    ) -> Result? {
        let changes: GivenSettings.Changes
        let result: Result
        do {
            let new = try Command.given(given.commandLine, given.list)
            // All of it has to be right, not only what counts now.
            _ = try Command.parsed(new)
            changes = given.changes(to: new)
            result = try takeOver(try Command.parsed(changes.reachable))
        } catch {
            let words = "\(error)".split(separator: "\n").joined(separator: "; ")
            log[.settingsWrong].error("the settings stay as they were: \(words)")
            return nil
        }
        given = changes.reachable
        if !changes.running.isEmpty {
            let values = changes.running.map { "\($0.name) is \(given.words($0))" }.joined(separator: ", ")
            log[.settingsChanged].notice("the settings have changed: \(values)")
        }
        if !changes.restart.isEmpty {
            let names = changes.restart.map(\.name).joined(separator: ", ")
            log[.settingsNeedRestart].warning("these settings stay as they were until a restart: \(names)")
        }
        if changes.running.isEmpty, changes.restart.isEmpty { log[.settingsUnchanged].info("no setting has changed") }
        return result
    }
}
