import CZlib

/// Makes messages of compressed ones, one by one, and bit by bit: a short one may be that of a very long text.
public final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Why a message can't be had.
    public enum Failure: Error {
        /// It isn't compressed as it should be.
        case invalid
        /// Its text is longer than it may be.
        case tooLong
    }

    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Clients may use any window.
        let status = coppice_inflate_begin(stream, 15)
        precondition(status == Z_OK, "zlib has no memory, or is another one: \(status)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// How much of a message is made at a time, in bytes.
    static let pieceBytes = 16 * 1024

    /// - Parameters:
    ///   - message: as it came in frames.
    ///   - limit: the longest text, in bytes. No more than a piece above it is ever made.
    ///   - scratch: where the text is made. It grows to `pieceBytes`.
    ///   - take: takes a piece of the text; false if it wants no more.
    func inflate(
        _ message: [UInt8], atMost limit: Int, scratch: inout [UInt8], _ take: (RawSpan) -> Bool
    ) throws(Failure) {
        inflateReset(stream)
        if scratch.count < Self.pieceBytes {
            scratch.append(contentsOf: repeatElement(0, count: Self.pieceBytes - scratch.count))
        }
        var total = 0
        for input in [message, MessageDeflate.tail] {
            var used = 0
            var mayHaveMore = false
            while used < input.count || mayHaveMore {
                guard let made = step(input, &used, &scratch) else { throw .invalid }
                mayHaveMore = made == Self.pieceBytes
                total += made
                guard total <= limit else { throw .tooLong }
                if made > 0, !take(scratch.span.bytes.extracting(0..<made)) { return }
            }
        }
        // After the tail it is between two blocks, or the message was cut.
        guard stream.pointee.data_type & 128 != 0 else { throw .invalid }
    }

    /// Makes the next bytes; nil if that isn't possible.
    private func step(_ input: [UInt8], _ used: inout Int, _ scratch: inout [UInt8]) -> Int? {
        let (status, taken, made) = input.withUnsafeBufferPointer { input in
            scratch.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress! + used)
                stream.pointee.avail_in = UInt32(input.count - used)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(Self.pieceBytes)
                let status = CZlib.inflate(stream, Z_SYNC_FLUSH)
                let taken = input.count - used - Int(stream.pointee.avail_in)
                (stream.pointee.next_in, stream.pointee.avail_in) = (nil, 0)
                return (status, taken, Self.pieceBytes - Int(stream.pointee.avail_out))
            }
        }
        used += taken
        switch status {
        case Z_OK: return made
        // There was no more, although the piece before was full.
        case Z_BUF_ERROR where used == input.count: return 0
        // A block that says that it is the last one, which others may follow (RFC 7692, section 7.2.3.4).
        case Z_STREAM_END:
            inflateReset(stream)
            return made
        default: return nil
        }
    }
}
