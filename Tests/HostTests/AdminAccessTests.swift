import HTTPCodec
import Testing

@testable import Host

@Suite("Who may ask the admin port")
struct AdminAccessTests {
    private func status(
        of path: String, _ fields: String, _ access: AdminAccess, isEncrypted: Bool = false, isLocal: Bool = false
    ) throws -> Int? {
        let reader = HTTPRequestReader()
        let text = Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
        reader.receive(text.span.bytes)
        guard case .request(let request)? = reader.next() else {
            Issue.record("no request")
            return nil
        }
        return access.refusal(of: request, isEncrypted: isEncrypted, isLocal: isLocal)?.status
    }

    private let right = "Authorization: Bearer t\r\n"

    @Test("everybody may see whether the node works, and nothing else without the token")
    func token() throws {
        let access = AdminAccess(token: "t", hasTLS: false)
        for path in ["/health", "/ready"] { #expect(try status(of: path, "", access) == nil) }
        for path in ["/metrics", "/tree", "/none"] {
            #expect(try status(of: path, "", access) == 401)
            #expect(try status(of: path, "", access, isLocal: true) == 401, "loopback is not special")
            #expect(try status(of: path, right + right, access) == 401, "two are none")
            #expect(try status(of: path, right, access) == nil)
        }
        #expect(try status(of: "/metrics", "", AdminAccess(token: nil, hasTLS: false), isLocal: true) == nil)
    }

    @Test("where there is TLS, other machines show no token in clear")
    func clear() throws {
        let access = AdminAccess(token: "t", hasTLS: true)
        #expect(try status(of: "/metrics", right, access) == 403)
        #expect(try status(of: "/metrics", right, access, isEncrypted: true) == nil)
        #expect(try status(of: "/metrics", right, access, isLocal: true) == nil)
        #expect(try status(of: "/health", "", access) == nil)
    }
}
