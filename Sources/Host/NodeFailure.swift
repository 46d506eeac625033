import Store
import TLS
import Tree
import UV

/// Why a node can't start: a sentence that names what to change.
public enum NodeFailure: Error, CustomStringConvertible {
    case noLoop(UVError)
    case badBindAddress(String)
    case addressInUse(String)
    case cannotListen(String, UVError)
    case dataDirectory(FileError)
    case accounts(AccountsFailure)
    case secretUntold(UVError)
    case certificates(TLSFiles.Failure)
    case tokens(TokenFile.Failure)
    case adminAddressInUse(String)
    case cannotListenAdmin(String, UVError)
    case noMemory(String)
    case tls(TLSError)

    public var description: String {
        switch self {
        case .noLoop(let error): "the event loop can't be made: \(error)"
        case .badBindAddress(let text): "\(text) is no numeric address to listen on: check --bind"
        case .addressInUse(let address):
            "\(address) is in use by another program: choose another port with -lp/--listen-port, or 0 for a free one"
        case .cannotListen(let address, let error):
            "cannot listen on \(address): \(error): check -lp/--listen-port and --bind"
        case .adminAddressInUse(let address):
            "\(address) is in use by another program: choose another port with --admin"
        case .cannotListenAdmin(let address, let error): "cannot listen on \(address): \(error): check --admin"
        case .dataDirectory(let error):
            "the data directory can't be used: \(error): check --data-dir, or keep nothing with --memory"
        case .secretUntold(let error):
            "the secret that was made up can't be told on standard error: \(error.message): give one with "
                + SecretKind.own.places
        case .certificates(let error): "\(error)"
        case .tokens(let error): "\(error)"
        case .noMemory(let why): "the node can't start: \(why)"
        case .tls(let error): "links can't be encrypted: \(error)"
        case .accounts(let error): "the accounts can't be used: \(error): check --data-dir"
        }
    }
}
