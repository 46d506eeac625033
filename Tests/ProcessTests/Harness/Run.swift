/// The result of a program that ends by itself.
struct Run {
    let status: Int32
    let output: String
    let errors: String
}

extension Bench {
    /// Runs `coppice` to its end, with nothing on its standard input.
    func run(
        _ arguments: [String], environment: [String: String] = [:], file: StaticString = #fileID, line: UInt = #line
    ) throws -> Run {
        let program = try started("run", arguments, environment: environment)
        program.closeInput()
        let output = try program.readToEnd().joined(separator: "\n")
        guard case .exited(let status) = try program.waitForEnd(file: file, line: line) else {
            throw Failure("\(arguments) ended with \(program.ending!)", file: file, line: line)
        }
        try forget(program)
        return Run(status: status, output: output, errors: program.errors)
    }

    /// Starts `coppice` with these environment variables besides those of the tests.
    func started(_ name: String, _ arguments: [String], environment: [String: String]) throws -> Program {
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try program(name, path: "/usr/bin/env", variables + [try Binary.path()] + arguments)
    }
}
