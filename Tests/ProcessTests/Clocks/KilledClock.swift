import Foundation

/// Kills a clock with a file again and again, at any moment, while four askers keep it busy. Every stamp has to lie
/// above all that had been answered before it was asked for.
func killUnderLoad(_ bench: Bench, times: Int) throws {
    var highest = 0
    var answers = 0
    for run in 0..<times {
        let port = try Sockets.freePort()
        let program = try bench.program(
            "clock-\(run)", ["clock", "--plain-links", "-lp", String(port), "--data-dir", bench.folder + "/clock-data"])
        _ = try Node.port(of: program)
        var askers = try (0..<4).map { _ in (connection: try Sockets.connect(port: port), floor: 0, isWaiting: false) }
        defer { askers.forEach { $0.connection.close() } }
        let question = Array((#"{"command":"GET_TIME","count":"# + "\([1, 1000, 200_000][run % 3])}\n").utf8)
        let strike = Deadline(within: .milliseconds(Int.random(in: 2...60)))
        var isAlive = true
        // After the kill, what was answered and is still on its way counts too.
        while isAlive || askers.contains(where: \.isWaiting) {
            if isAlive, strike.hasPassed {
                program.killHard()
                isAlive = false
            }
            for index in askers.indices {
                if !askers[index].isWaiting, isAlive {
                    askers[index].floor = highest
                    askers[index].isWaiting = askers[index].connection.writeWhatFits(question[...]) == question.count
                }
                guard askers[index].isWaiting else { continue }
                switch askers[index].connection.readAvailableLine() {
                case .line(let line)?:
                    let answer = try JSONParser.parse(line)
                    guard let first = answer["first"]?.lenientInteger, let count = answer["count"]?.lenientInteger
                    else {
                        guard answer["info"]?.text?.contains("used up its share") == true else {
                            throw Failure("no batch of stamps: \(answer.line)")
                        }
                        // On a quick machine they ask for more than a clock gives: they come again.
                        askers[index].isWaiting = false
                        guard isAlive else { continue }
                        askers[index].connection.close()
                        askers[index].connection = try Sockets.connect(port: port)
                        usleep(5_000)
                        continue
                    }
                    guard first > askers[index].floor else {
                        throw Failure("run \(run): \(first), although \(askers[index].floor) had been answered before")
                    }
                    highest = max(highest, first + count - 1)
                    answers += 1
                    askers[index].isWaiting = false
                case nil:
                    if !isAlive { usleep(100) }
                default: askers[index].isWaiting = false
                }
            }
        }
        try bench.forget(program)
    }
    guard answers > times * 10 else { throw Failure("only \(answers) answers in \(times) lives: that was no load") }
    print("    killed \(times) times, \(answers) answers, every stamp above those before")
}
