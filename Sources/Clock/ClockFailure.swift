import TLS
import UV

/// Why the clock cannot start, as a sentence for the operator.
public enum ClockFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The address to listen on is no numeric address.
    case badAddress(String)
    case cannotListen(String, UVError)
    case file(FileError)
    /// Another process uses the data directory.
    case directoryInUse(String)
    case unreadableBound(path: String)
    case noLoop(UVError)
    case tls(TLSError)

    public var description: String {
        switch self {
        case .badAddress(let text):
            return "--bind takes a numeric address or localhost, not \"\(text)\""
        case .cannotListen(let address, .addressInUse):
            return
                "\(address) is in use by another program: choose another port with -lp/--listen-port, or 0 for a "
                + "free one"
        case .cannotListen(let address, .addressNotAvailable):
            return "cannot listen on \(address): this machine has no such address; choose another with --bind"
        case .cannotListen(let address, let error):
            return "cannot listen on \(address) (-lp/--listen-port, --bind): \(error.message)"
        case .file(let error):
            return "\(error); the data directory is set with --data-dir"
        case .directoryInUse(let path):
            return "the data directory \(path) is in use by another process; choose another with --data-dir"
        case .unreadableBound(let path):
            return "\(path) is damaged, and no copy of it is right. It keeps stamps from being repeated: restore it, "
                + "or start with --accept-new-epoch, and stamps of the last seconds may be given a second time"
        case .tls(let error):
            return "connections can't be encrypted: \(error)"
        case .noLoop(let error):
            return "no event loop: \(error.message)"
        }
    }
}
