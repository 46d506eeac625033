import Testing

/// The tests of a network: real processes, real sockets, and nothing of their sources.
///
/// One after the other, for the machine's sake: a test with six nodes and traffic says little about latency when
/// another one of its kind runs beside it. Every step has a deadline of its own; the limit is for what was forgotten.
@Suite("The network, over real sockets", .serialized, .timeLimit(.minutes(2)))
enum RealProcesses {}

/// The tests of single programs, and of a few nodes that mostly wait. They run one after the other too, but beside
/// those of a network, since both leave most of a machine of two cores idle.
@Suite("The programs, over real sockets", .serialized, .timeLimit(.minutes(2)))
enum RealPrograms {}

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
