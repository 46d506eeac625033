import Tree
import UV

/// A server that clients connect to, and what they get of it.
final class Target {
    let name: Address
    let audience: Audience
    /// What the name stands for, in the order in which it is tried.
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

    /// The address that has worked for one works for all: nobody tries the others any more.
    func isReached(by stream: Stream) {
        guard !isProven, let peer = stream.peer else { return }
        isProven = true
        addresses = [peer]
    }
}
