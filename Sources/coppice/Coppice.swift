import ArgumentParser

/// The one program; each subcommand has a file of its own.
@main
struct Coppice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coppice",
        abstract: "A group-communication network whose nodes form a tree that heals itself.",
        version: "0.1.0",
        subcommands: [
            NodeCommand.self, ClientCommand.self, TreeCommand.self, ClockCommand.self, SimulateCommand.self,
            FloodCommand.self,
        ])
}
