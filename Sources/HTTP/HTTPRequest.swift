import CCurl
import UV

/// An answer with any status, also with one that says that something failed.
public struct HTTPAnswer: Equatable, Sendable {
    public let status: Int
    public let body: [UInt8]
}

/// A request that is under way, until its answer has come or it is cancelled.
public final class HTTPRequest {
    let easy: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private let limitBytes: Int
    private var body: [UInt8] = []
    private weak var client: HTTPClient?
    private var done: ((Result<HTTPAnswer, HTTPError>) -> Void)?

    init(
        _ json: [UInt8], to url: String, patience: Duration, limitBytes: Int, client: HTTPClient,
        done: @escaping (Result<HTTPAnswer, HTTPError>) -> Void
    ) {
        easy = curl_easy_init()!
        self.limitBytes = limitBytes
        self.client = client
        self.done = done
        // "Expect:" without a value: libcurl sends the body at once, and doesn't ask first whether it may.
        headers = curl_slist_append(curl_slist_append(nil, "Content-Type: application/json"), "Expect:")
        coppice_easy_set_text(easy, CURLOPT_URL, url)
        coppice_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        coppice_easy_set_text(easy, CURLOPT_PROXY, "")
        coppice_easy_set_list(easy, CURLOPT_HTTPHEADER, headers)
        coppice_easy_set_long(easy, CURLOPT_POSTFIELDSIZE, json.count)
        json.withUnsafeBytes { bytes in
            _ = coppice_easy_set_text(
                easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        coppice_easy_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, Int(patience.waitMilliseconds)))
        // libcurl shall use no signals, since a program with a loop has its own use for them.
        coppice_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        coppice_easy_set_write(easy, curlHasRead)
        coppice_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
    }

    /// Gives the request up: `done` isn't called any more. It is unknown whether the server carried the request out.
    /// Idempotent.
    public func cancel() {
        guard done != nil else { return }
        done = nil
        client?.forget(self)
    }

    func didEnd(_ result: CURLcode) {
        guard let done else { return }
        self.done = nil
        var status = 0
        coppice_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        client?.forget(self)
        if result == CURLE_OK {
            done(.success(HTTPAnswer(status: status, body: body)))
        } else {
            done(.failure(HTTPError(result)))
        }
    }

    fileprivate func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        // A count that is smaller than that of the bytes makes libcurl end the transfer.
        guard body.count + bytes.count <= limitBytes else { return 0 }
        body.append(contentsOf: bytes)
        return bytes.count
    }
}

private func curlHasRead(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ request: UnsafeMutableRawPointer?
) -> Int {
    Unmanaged<HTTPRequest>.fromOpaque(request!)._withUnsafeGuaranteedRef {
        $0.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
}
