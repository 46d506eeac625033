import Foundation
import Testing

extension RealPrograms {
    /// The names of commands, and the help about them.
    @Suite struct HelpTests {}
}

extension RealPrograms.HelpTests {
    @Test func `A command or topic that there isn't is an error with the nearest one`() throws {
        try onBench { bench in
            for (arguments, words) in [
                (["help", "nodes"], "there is no help about nodes: "), (["help", "nodes"], "did you mean node?"),
                (["nodes"], "did you mean node?"), (["help", "session", "lst"], "did you mean list?"),
                (["session", "lst"], "did you mean list?"), (["help", "config", "x"], "has no commands of its own"),
                (["help", "elephant"], "help log"), (["session", "lst"], "\nUsage: coppice session <subcommand>\n"),
                (["session", "lst"], "See 'coppice session --help'"), (["nodes"], "\nUsage: coppice <subcommand>\n"),
            ] {
                let run = try bench.run(arguments)
                #expect(run.status == 64 && run.output.isEmpty, "\(arguments): \(run.status) \(run.output)")
                #expect(run.errors.contains(words), "\(arguments): \(run.errors)")
            }
            for arguments in [
                ["help"], ["help", "node"], ["help", "session", "list"], ["help", "log"], ["help", "help"],
            ] {
                let run = try bench.run(arguments)
                #expect(run.status == 0 && !run.output.isEmpty, "\(arguments): \(run.errors)")
            }
        }
    }
}
