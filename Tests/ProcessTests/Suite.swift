import Testing

/// The tests of the program itself: real processes, real sockets, and nothing of its sources.
///
/// One after the other, for the machine's sake: a test with six nodes and traffic says little about latency when
/// another one runs beside it. Every step has a deadline of its own; the limit is for what was forgotten.
@Suite("The program, over real sockets", .serialized, .timeLimit(.minutes(2)))
enum RealProcesses {}

/// Runs one story and tidies up after it, however it ends. A failure carries what the programs wrote.
func onBench(_ story: (Bench) throws -> Void) throws {
    let bench = try Bench()
    do {
        try story(bench)
    } catch let failure as Failure {
        let logs = bench.logs
        bench.abandon()
        throw failure.adding(logs)
    } catch {
        print(bench.logs)
        bench.abandon()
        throw error
    }
    try bench.finish()
}
