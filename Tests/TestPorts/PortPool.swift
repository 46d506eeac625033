import Glibc

/// Hands out ports block by block. A block belongs to the pool that has bound a Unix socket with the block's name.
///
/// Such a name is abstract: it is no file, every user may bind it, it exists once in a network namespace, as ports do,
/// and it is gone when its process is.
struct PortPool: ~Copyable {
    /// One socket for so many ports: few enough that many processes find blocks, and a whole run needs few sockets.
    static let portsPerBlock = 50

    private let project: String
    private var blocks: [Range<Int>]
    private var current: Range<Int> = 0..<0
    private var reservations: [Int32] = []

    /// The order of the blocks is drawn by lot: a process that begins when another has ended gets ports with no past.
    ///
    /// - Parameter project: pools of one name share no port.
    init(_ candidates: [Range<Int>], project: String = "coppice-tests") {
        self.project = project
        blocks = candidates.flatMap { range in
            stride(from: range.lowerBound, to: range.upperBound, by: Self.portsPerBlock).map {
                $0..<min($0 + Self.portsPerBlock, range.upperBound)
            }
        }
        blocks.shuffle()
    }

    deinit { for socket in reservations { close(socket) } }

    mutating func next() throws(NoPortLeft) -> UInt16 {
        while true {
            while let port = current.first {
                current.removeFirst()
                if Self.isFree(UInt16(port)) { return UInt16(port) }
            }
            guard let block = blocks.popLast() else { throw NoPortLeft() }
            if let socket = Self.reserve("\(project)/ports/\(block.lowerBound)") {
                reservations.append(socket)
                current = block
            }
        }
    }

    /// The unprivileged ports that the kernel gives to nobody by itself.
    ///
    /// Those from 10,000 on, since many well-known servers listen below. Where the kernel may choose any port, there is
    /// no better choice than these all the same.
    static func candidates(besides ephemeral: ClosedRange<Int> = ephemeralPorts()) -> [Range<Int>] {
        let all = 10_000..<65_536
        let below = all.clamped(to: 0..<ephemeral.lowerBound)
        let above = all.clamped(to: (ephemeral.upperBound + 1)..<65_536)
        let outside = [below, above].filter { !$0.isEmpty }
        return outside.isEmpty ? [10_000..<32_768] : outside
    }

    /// What `ip_local_port_range` of this network namespace says; Linux's default if it can't be read.
    static func ephemeralPorts() -> ClosedRange<Int> {
        let usual = 32_768...60_999
        guard let file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r") else { return usual }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { return usual }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bounds = words.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard bounds.count == 2, 0...65_535 ~= bounds[0], bounds[0]...65_535 ~= bounds[1] else { return usual }
        return bounds[0]...bounds[1]
    }

    /// Whether nobody uses the port at any address of this machine, not even a connection that lingers.
    static func isFree(_ port: UInt16) -> Bool {
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        return canBind(AF_INET, to: four) && canBind(AF_INET6, to: six)
    }

    private static func canBind<Address>(_ family: Int32, to address: Address) -> Bool {
        let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // A machine without IPv6 has nobody there either.
        guard number >= 0 else { return errno == EAFNOSUPPORT }
        defer { close(number) }
        if family == AF_INET6 {
            var on: Int32 = 1
            setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        return bind(number, to: address, bytes: MemoryLayout<Address>.size) || errno == EADDRNOTAVAIL
    }

    /// A socket that has this name for itself; nil if another has it.
    private static func reserve(_ name: String) -> Int32? {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A zero first makes the name abstract.
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
        let bytes = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + 1 + name.utf8.count
        if bind(number, to: address, bytes: bytes) { return number }
        close(number)
        return nil
    }

    private static func bind<Address>(_ number: Int32, to address: Address, bytes: Int) -> Bool {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(number, $0, socklen_t(bytes)) == 0 }
        }
    }
}
