import Differential
import Glibc

// libFuzzer's side of `make fuzz`: it makes up inputs for the target that COPPICE_FUZZ_TARGET names, and stops at the
// first that shows a fault. With COPPICE_FUZZ_PLANTED the target has a fault that has to be found. SwiftPM gives the
// main program a name of its own, so libFuzzer's driver is started from it.

private let target = getenv("COPPICE_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
private let isPlanted = getenv("COPPICE_FUZZ_PLANTED") != nil

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target else { fatalError("COPPICE_FUZZ_TARGET names no target") }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = target.fault(in: input, isPlanted: isPlanted) {
        fatalError("\(String(reflecting: String(decoding: input, as: UTF8.self))): \(fault)")
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
