import Differential
import Glibc

// libFuzzer's side of `make fuzz`: it makes up inputs for the target that COPPICE_FUZZ_TARGET names, and stops at the
// first that shows a fault. SwiftPM gives the main program a name of its own, so libFuzzer's driver is started from it.

/// What is looked at.
private enum Target: String {
    /// Reading a line quickly and reading it thoroughly agree.
    case lines
    /// A stream is cut into the same lines in pieces of any size.
    case framing
    /// A message that is written and read again is the same.
    case messages
    /// A whole node survives what several connections say to it, and serves its client.
    case node

    static let chosen = getenv("COPPICE_FUZZ_TARGET").flatMap { Target(rawValue: String(cString: $0)) } ?? .lines

    func fault(in input: [UInt8]) -> String? {
        switch self {
        case .lines: Comparison(of: input).disagreement
        case .framing: FramingPieces.disagreement(in: input)
        case .messages: MessageRoundTrip.disagreement(on: input)
        case .node: NodeScript.fault(in: input)
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = Target.chosen.fault(in: input) {
        fatalError("\(String(decoding: input, as: UTF8.self)): \(fault)")
    }
    return 0
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments?>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, { fuzzOne($0, $1) })
}
