import CLibUV
import Glibc

/// Another program that this one has started. The two talk in lines, through the program's standard input and standard
/// output. The program shares our standard error.
///
/// The object lives until the program has ended and its output is read to the end. Then `ended` is called, once.
public final class ChildProcess {
    /// How a process came to its end.
    public enum Ending: Equatable, Sendable {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    private let process = HandleMemory<uv_process_t>()
    private var reader: LineReader?
    private var input: Int32
    private var ending: Ending?
    private var outputHasEnded = false
    private var ended: ((Ending) -> Void)?

    /// The path of the program that is running now, by which it can be started once more.
    public static func ownPath() throws(FileError) -> String {
        var path = [CChar](repeating: 0, count: 4096)
        var length = path.count
        let status = uv_exepath(&path, &length)
        if status < 0 { throw FileError(.read, "/proc/self/exe", UVError(code: status)) }
        return String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: of the program.
    ///   - limitBytes: the longest line of output; a longer one is cut.
    ///   - line: gets each line of its output, without the line's end.
    ///   - ended: called once, after the last line.
    /// - Throws: the system's reason why the program can't be started.
    public init(
        on loop: Loop, _ path: String, _ arguments: [String], limitBytes: Int, line: @escaping ([UInt8]) -> Void,
        ended: @escaping (Ending) -> Void
    ) throws(UVError) {
        self.ended = ended
        var inputEnds: [Int32] = [-1, -1]
        var outputEnds: [Int32] = [-1, -1]
        // Our ends close themselves in other children. Otherwise another child would keep them open, and one side would
        // not notice that the other has closed its end.
        var failure = uv_pipe(&inputEnds, 0, 0)
        if failure < 0 { throw UVError(code: failure) }
        input = inputEnds[1]
        failure = uv_pipe(&outputEnds, 0, 0)
        if failure < 0 {
            close(inputEnds[0])
            close(inputEnds[1])
            throw UVError(code: failure)
        }
        var streams = [uv_stdio_container_t](repeating: uv_stdio_container_t(), count: 3)
        for (number, descriptor) in [inputEnds[0], outputEnds[1], 2].enumerated() {
            streams[number].flags = UV_INHERIT_FD
            streams[number].data.fd = descriptor
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        let status = streams.withUnsafeMutableBufferPointer { streams in
            words.withUnsafeMutableBufferPointer { words in
                var options = uv_process_options_t()
                options.exit_cb = processDidExit
                options.file = UnsafePointer(words[0])
                options.args = words.baseAddress
                options.stdio_count = 3
                options.stdio = streams.baseAddress
                return uv_spawn(loop.raw, process.pointer, &options)
            }
        }
        close(inputEnds[0])
        close(outputEnds[1])
        process.retain(self)
        guard status == 0 else {
            close(input)
            close(outputEnds[0])
            process.close()
            throw UVError(code: status)
        }
        reader = LineReader(on: loop, descriptor: outputEnds[0], limitBytes: limitBytes, line: line) {
            [unowned self] _ in
            reader?.close()
            reader = nil
            outputHasEnded = true
            endIfOver()
        }
    }

    deinit {
        process.free()
    }

    /// Writes one line, and waits until the pipe has taken it. Meant for a few short words. If the child has ended,
    /// nothing happens.
    public func say(_ line: String) {
        guard input >= 0 else { return }
        _ = writeWhole(Array((line + "\n").utf8).span.bytes, to: input)
    }

    /// Closes the program's standard input.
    public func hangUp() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    /// Sends the program a signal, if it is still running.
    public func signal(_ number: Int32) {
        guard ending == nil else { return }
        uv_process_kill(process.pointer, number)
    }

    fileprivate func didExit(_ status: Int64, _ signal: Int32) {
        ending = signal == 0 ? .exited(status: Int32(truncatingIfNeeded: status)) : .killed(signal: signal)
        endIfOver()
    }

    private func endIfOver() {
        guard let ending, outputHasEnded, let ended else { return }
        self.ended = nil
        hangUp()
        process.close()
        ended(ending)
    }
}

private func processDidExit(_ handle: UnsafeMutablePointer<uv_process_t>?, _ status: Int64, _ signal: Int32) {
    withOwner(handle!.pointee.data, as: ChildProcess.self) { $0.didExit(status, signal) }
}
