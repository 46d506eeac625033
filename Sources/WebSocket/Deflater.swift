import CZlib

/// Compresses messages, one by one.
public final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The fastest level: for chat the best one saves a twentieth more, and takes twice as long.
        let status = coppice_deflate_begin(stream, Z_BEST_SPEED, Int32(MessageDeflate.windowBits), 8)
        precondition(status == Z_OK, "zlib has no memory, or is another one: \(status)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What goes into a frame instead of the message.
    ///
    /// - Parameter message: at most 1 GiB.
    public func compressed(_ message: Span<UInt8>) -> [UInt8] {
        deflateReset(stream)
        // The bound is for a stream that ends; this one is cut, which may take some bytes more.
        let bound = Int(deflateBound(stream, UInt(message.count))) + 16
        return message.withUnsafeBytes { message in
            [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: message.baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.pointee.avail_in = UInt32(message.count)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(bound)
                let status = deflate(stream, Z_SYNC_FLUSH)
                precondition(
                    (status == Z_OK || status == Z_BUF_ERROR) && stream.pointee.avail_in == 0
                        && stream.pointee.avail_out > 0, "the bound of zlib is right")
                count = max(0, bound - Int(stream.pointee.avail_out) - MessageDeflate.tail.count)
                (stream.pointee.next_in, stream.pointee.next_out) = (nil, nil)
            }
        }
    }
}
