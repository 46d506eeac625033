import Synchronization

/// Ports for tests that start a server, end it, and count on its port meanwhile: that nobody answers there, or that
/// another server may listen there again.
///
/// A port that the kernel has chosen (port 0) doesn't keep that promise: once it is closed, the next client of any
/// program may be given it. These ports lie outside of the range that the kernel chooses from. Each is handed out once
/// by this process, and test processes that run side by side in one network namespace never hand out the same.
public enum Ports {
    private static let pool = Mutex(PortPool(PortPool.candidates()))

    /// A port on which nobody listens, over IPv4 or IPv6.
    public static func next() throws(NoPortLeft) -> UInt16 {
        try pool.withLock { pool throws(NoPortLeft) in try pool.next() }
    }
}

/// Every port is in use, or reserved by other test processes.
public struct NoPortLeft: Error, CustomStringConvertible {
    public let description = "no port outside of ip_local_port_range is left for a test"
}
