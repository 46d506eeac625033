import Tree
import UV

/// A server that clients connect to, and the audience that it delivers to.
final class Target {
    let name: Address
    let audience: Audience
    /// The addresses of the name, in the order in which they are tried.
    private(set) var addresses: [SocketAddress] = []
    private var isProven = false

    init(_ name: Address, _ audience: Audience) {
        self.name = name
        self.audience = audience
    }

    var isResolved: Bool { !addresses.isEmpty }

    func resolve(on loop: Loop, done: @escaping (UVError?) -> Void) {
        Resolver.resolve(host: name.host, port: name.port, on: loop) { [self] result in
            switch result {
            case .success(let addresses):
                self.addresses = addresses
                done(nil)
            case .failure(let error): done(error)
            }
        }
    }

    /// An address that has worked for one client is used for all. The others are tried no more.
    func isReached(by stream: Stream) {
        guard !isProven, let peer = stream.peer else { return }
        isProven = true
        addresses = [peer]
    }
}
