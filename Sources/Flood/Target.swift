import Tree
import UV

/// A server that clients connect to, and what they get of it.
final class Target {
    let name: Address
    let audience: Audience
    /// What the name stands for, in the order in which it is tried.
    private var addresses: [SocketAddress] = []
    private var isProven = false

    init(_ name: Address, _ audience: Audience) {
        self.name = name
        self.audience = audience
    }

    var address: SocketAddress { addresses[0] }
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

    func isReached() {
        isProven = true
    }

    /// Goes on to the next address of a name of which none has worked yet.
    ///
    /// - Returns: whether there is one.
    func tryNextAddress(after failed: SocketAddress) -> Bool {
        if isProven { return false }
        if failed != address { return true }
        guard addresses.count > 1 else { return false }
        addresses.removeFirst()
        return true
    }
}
