import Foundation

/// Somebody between two programs, who hears all that passes and may change it: whoever connects here is connected to a
/// port.
final class Tap: @unchecked Sendable {
    enum Way {
        /// From whoever connected.
        case there
        case back
    }

    let port: Int
    private let target: Int
    private let listener: StandInListener
    private let lock = NSLock()
    /// What each connection brought, in the order in which they came.
    private var recorded: [(there: [UInt8], back: [UInt8])] = []
    private var changes: Way?

    init(to target: Int) throws {
        self.target = target
        listener = try StandInListener()
        port = listener.port
        Thread.detachNewThread { [self] in
            while let near = try? listener.accept(within: .seconds(120)) {
                guard let far = try? Sockets.connect(port: target) else { continue }
                let number = lock.withLock {
                    recorded.append(([], []))
                    return recorded.count - 1
                }
                nonisolated(unsafe) let ends = (near.descriptor, far)
                Thread.detachNewThread { [self] in carry(number, near: ends.0, far: ends.1) }
            }
        }
    }

    /// What passed on all connections so far, that way.
    func heard(_ way: Way) -> [[UInt8]] {
        lock.withLock { recorded.map { way == .there ? $0.there : $0.back } }
    }

    /// The last byte of what passes next that way is changed.
    func changeNext(_ way: Way) { lock.withLock { changes = way } }

    /// Whether such a byte has passed.
    var hasChanged: Bool { lock.withLock { changes == nil } }

    private func carry(_ number: Int, near: Descriptor, far: Descriptor) {
        while true {
            let isThereDone = pass(number, .there, from: near, to: far)
            let isBackDone = pass(number, .back, from: far, to: near)
            if isThereDone || isBackDone { break }
            usleep(500)
        }
        near.close()
        far.close()
    }

    /// Passes on what has come. True at the end.
    private func pass(_ number: Int, _ way: Way, from: Descriptor, to: Descriptor) -> Bool {
        guard var bytes = from.readAvailableBytes() else { return false }
        guard !bytes.isEmpty else { return true }
        lock.withLock {
            if way == .there { recorded[number].there += bytes } else { recorded[number].back += bytes }
            if changes == way {
                changes = nil
                bytes[bytes.count - 1] ^= 1
            }
        }
        if case .done = to.write(bytes, until: Deadline(within: .seconds(10))) { return false }
        return true
    }
}
