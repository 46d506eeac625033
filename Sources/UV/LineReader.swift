/// Reads standard input, or another descriptor, line by line.
public final class LineReader {
    private var reader: InputReader?
    private var partial: [UInt8] = []
    private let limitBytes: Int
    private var line: (([UInt8]) -> Void)?
    private var ended: ((UVError?) -> Void)?

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - limitBytes: the longest line. Of a longer one only the beginning is given.
    ///   - line: gets each line without its end (LF or CR LF). The last line is given also if it has no end.
    ///   - ended: called once after the last line.
    public init(
        on loop: Loop, descriptor: Int32 = 0, limitBytes: Int = UVLimits.inputLineBytes,
        line: @escaping ([UInt8]) -> Void,
        ended: @escaping (UVError?) -> Void
    ) {
        self.limitBytes = limitBytes
        self.line = line
        self.ended = ended
        reader = InputReader(on: loop, descriptor: descriptor) { [unowned self] bytes in
            take(bytes)
        } ended: { [unowned self] error in
            // This reference keeps the reader alive: the receiver of the last line may drop its own.
            let reader = self
            if !reader.partial.isEmpty { reader.give() }
            reader.ended?(error)
        }
    }

    /// Stops reading until `resume()`. Lines that were read already still come.
    public func pause() {
        reader?.pause()
    }

    /// Reads again after `pause()`.
    public func resume() {
        reader?.resume()
    }

    /// Stops reading for good. To be called before the last reference goes; idempotent.
    public func close() {
        line = nil
        ended = nil
        reader?.close()
        reader = nil
    }

    private func take(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { buffer in
            for byte in buffer {
                if byte == UInt8(ascii: "\n") {
                    give()
                    if line == nil { return }
                } else if partial.count < limitBytes {
                    partial.append(byte)
                }
            }
        }
    }

    private func give() {
        var whole = partial
        partial.removeAll(keepingCapacity: true)
        if whole.last == UInt8(ascii: "\r") { whole.removeLast() }
        line?(whole)
    }
}
