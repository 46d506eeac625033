/// A running `coppice node`.
final class Node {
    let name: String
    let program: Program
    /// The port that it listens on.
    let port: Int
    /// The secret that its children have to show.
    let secret: String

    init(_ name: String, _ program: Program, port: Int, secret: String) {
        self.name = name
        self.program = program
        self.port = port
        self.secret = secret
    }

    /// Reads `listening on HOST:PORT`, which must be the first line on standard output.
    static func port(of program: Program, file: StaticString = #fileID, line: UInt = #line) throws -> Int {
        let first = try program.readLine(file: file, line: line)
        let start = "listening on "
        guard first.hasPrefix(start), let colon = first.lastIndex(of: ":"),
            let port = Int(first[first.index(after: colon)...]), (1...65_535).contains(port),
            colon > first.index(first.startIndex, offsetBy: start.count)
        else { throw Failure("\(program.name)'s first line is \"\(first)\"", file: file, line: line) }
        return port
    }

    func killHard() { program.killHard() }
}
