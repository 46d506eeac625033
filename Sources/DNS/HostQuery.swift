import CAres
import Glibc

/// One look-up: of a host name, in `/etc/hosts` and by the name servers of `/etc/resolv.conf`, or of the hosts that
/// offer a service (SRV), by the name servers.
///
/// c-ares asks, and blocks nobody: its sockets are watched by whoever owns a loop, who tells it when there is something
/// to read or time has passed. So a look-up takes no thread, and can be given up at any time.
///
/// ```
///   begin ──▶ watch(socket, for:) …        the owner watches, and calls
///             process(socket, …)           when it is ready
///             processTimeouts()            when `nextTimeout` is over
///   ──▶ completion, once                   or cancel(), after which nothing is told
/// ```
/// Only files and DNS are asked: other services that a system may have for names (NSS), such as mDNS, are not.
public final class HostQuery {
    /// Which side of a socket is to be watched; none when it is about to be closed.
    public struct Interest: Equatable, Sendable {
        public var reading: Bool
        public var writing: Bool

        public var isNone: Bool { !reading && !writing }
    }

    /// Why there is no address.
    public enum Failure: Error, Equatable, Sendable {
        /// Nobody knows the name, or it is no name.
        case unknownHost
        /// No name server has answered usefully.
        case noAnswer
        case outOfMemory
    }

    private var channel: ares_channel?
    private var watch: ((Int32, Interest) -> Void)?
    private var completion: ((Result<[sockaddr_storage], Failure>) -> Void)?
    private var servicesFound: ((Result<[ServiceHost], Failure>) -> Void)?

    /// - Parameters:
    ///   - servers: name servers to ask instead of the system's, as `ADDRESS:PORT,…`.
    ///   - watch: called with each socket whenever it is to be watched for something else; with none before it is
    ///     closed.
    public init(servers: String? = nil, watch: @escaping (Int32, Interest) -> Void) {
        self.watch = watch
        var options = ares_options()
        options.timeout = DNSLimits.firstTimeoutMilliseconds
        options.tries = DNSLimits.tries
        options.sock_state_cb = socketStateDidChange
        // Unretained: the channel is destroyed before this is gone.
        options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
        let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
        guard ares_init_options(&channel, &options, mask) == ARES_SUCCESS else {
            channel = nil
            return
        }
        if let servers { ares_set_servers_ports_csv(channel, servers) }
    }

    deinit {
        cancel()
    }

    /// Begins. To be called once.
    ///
    /// - Parameter completion: called once, possibly before this returns, with at least one address, in the order of
    ///   RFC 6724, all with port 0.
    public func begin(_ host: String, completion: @escaping (Result<[sockaddr_storage], Failure>) -> Void) {
        guard let channel else { return completion(.failure(.outOfMemory)) }
        guard !host.isEmpty, host.utf8.count <= DNSLimits.nameBytes, !host.utf8.contains(0) else {
            return completion(.failure(.unknownHost))
        }
        self.completion = completion
        var hints = ares_addrinfo_hints()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        ares_getaddrinfo(channel, host, nil, &hints, queryDidEnd, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Begins to ask for the hosts of a service (RFC 2782). To be called once, instead of the other one.
    ///
    /// - Parameters:
    ///   - service: its name in DNS, as `_coppice._tcp.example.org`.
    ///   - completion: called once, possibly before this returns, with at least one host, the preferred ones first.
    public func begin(service: String, completion: @escaping (Result<[ServiceHost], Failure>) -> Void) {
        guard let channel else { return completion(.failure(.outOfMemory)) }
        guard !service.isEmpty, service.utf8.count <= DNSLimits.nameBytes, !service.utf8.contains(0) else {
            return completion(.failure(.unknownHost))
        }
        servicesFound = completion
        ares_search(
            channel, service, DNSLimits.internetClass, DNSLimits.serviceType, searchDidEnd,
            Unmanaged.passUnretained(self).toOpaque())
    }

    /// A watched socket is ready.
    public func process(_ socket: Int32, reading: Bool, writing: Bool) {
        guard let channel else { return }
        ares_process_fd(channel, reading ? socket : ARES_SOCKET_BAD, writing ? socket : ARES_SOCKET_BAD)
    }

    /// Time has passed.
    public func processTimeouts() {
        guard let channel else { return }
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD)
    }

    /// How long nothing has to be done, if no socket is ready meanwhile; nil for ever.
    public var nextTimeout: Duration? {
        guard let channel else { return nil }
        var time = timeval()
        guard ares_timeout(channel, nil, &time) != nil else { return nil }
        return .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }

    /// Ends it: nothing is told from now on, and its sockets are closed. Idempotent. Not to be called from within
    /// `process` or the completion, which may only let go of it later.
    public func cancel() {
        completion = nil
        servicesFound = nil
        guard let channel else { return }
        self.channel = nil
        ares_destroy(channel)
        watch = nil
    }

    fileprivate func stateDidChange(_ socket: Int32, _ reading: Bool, _ writing: Bool) {
        watch?(socket, Interest(reading: reading, writing: writing))
    }

    fileprivate func didEnd(_ status: Int32, _ result: UnsafeMutablePointer<ares_addrinfo>?) {
        defer { if let result { ares_freeaddrinfo(result) } }
        guard let completion else { return }
        self.completion = nil
        completion(Self.outcome(status, result?.pointee.nodes))
    }

    fileprivate func searchEnded(_ status: Int32, _ answer: UnsafeMutablePointer<UInt8>?, _ length: Int32) {
        guard let servicesFound else { return }
        self.servicesFound = nil
        if let failure = Self.failure(status) { return servicesFound(.failure(failure)) }
        var records: UnsafeMutablePointer<ares_srv_reply>?
        let reading = ares_parse_srv_reply(answer, length, &records)
        defer { if let records { ares_free_data(records) } }
        if let failure = Self.failure(reading) { return servicesFound(.failure(failure)) }
        var hosts: [ServiceHost] = []
        var next = records
        while let record = next?.pointee {
            hosts.append(
                ServiceHost(
                    host: String(cString: record.host), port: record.port, priority: record.priority,
                    weight: record.weight))
            next = record.next
        }
        let usable = ServiceHost.byPreference(hosts)
        servicesFound(usable.isEmpty ? .failure(.unknownHost) : .success(usable))
    }

    /// Nil for a success.
    private static func failure(_ status: Int32) -> Failure? {
        switch status {
        case ARES_SUCCESS: nil
        case ARES_ENOTFOUND, ARES_ENODATA, ARES_EBADNAME, ARES_EFORMERR, ARES_ENONAME: .unknownHost
        case ARES_ENOMEM: .outOfMemory
        default: .noAnswer
        }
    }

    private static func outcome(
        _ status: Int32, _ nodes: UnsafeMutablePointer<ares_addrinfo_node>?
    ) -> Result<[sockaddr_storage], Failure> {
        if let failure = failure(status) { return .failure(failure) }
        var addresses: [sockaddr_storage] = []
        var next = nodes
        while let node = next?.pointee {
            if let raw = node.ai_addr, node.ai_addrlen <= socklen_t(MemoryLayout<sockaddr_storage>.size) {
                var storage = sockaddr_storage()
                memcpy(&storage, raw, Int(node.ai_addrlen))
                addresses.append(storage)
            }
            next = node.ai_next
        }
        return addresses.isEmpty ? .failure(.unknownHost) : .success(addresses)
    }
}

private func socketStateDidChange(
    _ data: UnsafeMutableRawPointer?, _ socket: Int32, _ reading: Int32, _ writing: Int32
) {
    Unmanaged<HostQuery>.fromOpaque(data!).takeUnretainedValue().stateDidChange(socket, reading != 0, writing != 0)
}

private func queryDidEnd(
    _ data: UnsafeMutableRawPointer?, _ status: Int32, _ timeouts: Int32, _ result: UnsafeMutablePointer<ares_addrinfo>?
) {
    Unmanaged<HostQuery>.fromOpaque(data!).takeUnretainedValue().didEnd(status, result)
}

private func searchDidEnd(
    _ data: UnsafeMutableRawPointer?, _ status: Int32, _ timeouts: Int32, _ answer: UnsafeMutablePointer<UInt8>?,
    _ length: Int32
) {
    Unmanaged<HostQuery>.fromOpaque(data!).takeUnretainedValue().searchEnded(status, answer, length)
}
