import CCurl
import UV

/// Sends HTTP requests with libcurl, on the loop's own thread.
///
/// libcurl handles many transfers (its "multi" interface) and has no loop of its own. It says which sockets it waits
/// for and when its next time-out is, and has to be told what has happened.
///
///     libcurl ──"watch this socket", "wake me then"──▶ SocketWatcher, Timer ──ready──▶ libcurl ──done──▶ HTTPRequest
///
/// Connections are kept and used again. No request goes through a proxy, whatever the environment says, and no redirect
/// is followed: only the server that the caller named may answer.
public final class HTTPClient {
    private let loop: Loop
    let multi: OpaquePointer
    private var watchers: [Int32: SocketWatcher] = [:]
    private var timer: Timer?
    private var requests: [HTTPRequest] = []
    private var isClosed = false

    /// A client whose requests run on this loop. It has to be closed before the loop is.
    public init(on loop: Loop) {
        self.loop = loop
        // libcurl counts these calls. It stays set up for the life of the process.
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        multi = OpaquePointer(curl_multi_init()!)
        let timer = Timer(on: loop) { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
        self.timer = timer
        // The pointer is unowned: `close` ends libcurl before this object goes.
        let this = Unmanaged.passUnretained(self).toOpaque()
        let raw = UnsafeMutableRawPointer(multi)
        coppice_multi_set_pointer(raw, CURLMOPT_SOCKETDATA, this)
        coppice_multi_set_socket(raw, curlWantsSocket)
        coppice_multi_set_pointer(raw, CURLMOPT_TIMERDATA, this)
        coppice_multi_set_timer(raw, curlWantsTimer)
    }

    /// Posts JSON.
    ///
    /// - Parameters:
    ///   - url: `http` or `https`.
    ///   - patience: the time for everything together, from the look-up of the name to the last byte.
    ///   - limitBytes: the longest answer; a longer one ends with `HTTPError.tooLong`.
    ///   - done: called once from the loop, never before this returns, and not after `cancel()`.
    @discardableResult
    public func post(
        _ json: [UInt8], to url: String, patience: Duration, limitBytes: Int,
        done: @escaping (Result<HTTPAnswer, HTTPError>) -> Void
    ) -> HTTPRequest {
        precondition(!isClosed, "a closed client is asked")
        let request = HTTPRequest(
            json, to: url, patience: patience, limitBytes: limitBytes, client: self, done: done)
        requests.append(request)
        curl_multi_add_handle(UnsafeMutableRawPointer(multi), request.easy)
        return request
    }

    /// Cancels all requests and closes all connections. To be called before the last reference goes; idempotent.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for request in requests { request.cancel() }
        timer?.close()
        timer = nil
        curl_multi_cleanup(UnsafeMutableRawPointer(multi))
        for watcher in watchers.values { watcher.close() }
        watchers = [:]
    }

    deinit {
        precondition(isClosed, "an HTTPClient has to be closed before it goes")
    }

    func forget(_ request: HTTPRequest) {
        curl_multi_remove_handle(UnsafeMutableRawPointer(multi), request.easy)
        requests.removeAll { $0 === request }
    }

    // MARK: Requests of libcurl

    fileprivate func watch(_ socket: Int32, for what: Int32) {
        if what == CURL_POLL_REMOVE {
            watchers.removeValue(forKey: socket)?.close()
            return
        }
        let watcher =
            watchers[socket]
            ?? SocketWatcher(on: loop, descriptor: socket) { [unowned self] readiness in
                act(
                    on: socket,
                    (readiness.contains(.reading) ? CURL_CSELECT_IN : 0)
                        | (readiness.contains(.writing) ? CURL_CSELECT_OUT : 0))
            }
        watchers[socket] = watcher
        var wanted: SocketWatcher.Readiness = []
        if what != CURL_POLL_OUT { wanted.insert(.reading) }
        if what != CURL_POLL_IN { wanted.insert(.writing) }
        watcher.watch(for: wanted)
    }

    fileprivate func wake(afterMilliseconds wait: Int) {
        if wait < 0 { timer?.stop() } else { timer?.start(after: .milliseconds(wait)) }
    }

    // MARK: Events for libcurl

    private func act(on socket: Int32, _ events: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        curl_multi_socket_action(UnsafeMutableRawPointer(multi), socket, events, &running)
        // A callback may cancel other requests or close the client. So the messages are taken one at a time.
        while !isClosed, let (request, result) = nextEnd() { request.didEnd(result) }
    }

    private func nextEnd() -> (HTTPRequest, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(UnsafeMutableRawPointer(multi), &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let request = requests.first(where: { $0.easy == easy })
            else { continue }
            return (request, coppice_message_result(message))
        }
        return nil
    }
}

private func curlWantsSocket(
    _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ client: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    Unmanaged<HTTPClient>.fromOpaque(client!)._withUnsafeGuaranteedRef { $0.watch(socket, for: what) }
    return 0
}

private func curlWantsTimer(_ multi: UnsafeMutableRawPointer?, _ wait: Int, _ client: UnsafeMutableRawPointer?) -> Int32
{
    Unmanaged<HTTPClient>.fromOpaque(client!)._withUnsafeGuaranteedRef { $0.wake(afterMilliseconds: wait) }
    return 0
}
