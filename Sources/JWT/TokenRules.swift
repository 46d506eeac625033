import JSON

/// What a token has to claim besides a right signature (RFC 7519, section 4.1).
public struct TokenRules: Sendable {
    /// One of these has to stand in `aud`. If there are none, a token that is meant for somebody is for somebody else.
    public var audiences: [String] = []
    /// One of these has to be `iss`. If there are none, any is taken.
    public var issuers: [String] = []
    /// By how much two clocks may differ, in seconds.
    static let leeway = 30.0

    public init() {}

    /// The name in the claims, if they hold at this time.
    ///
    /// - Parameter now: seconds since 1970.
    func subject(of claims: [UInt8], at now: Double) throws(TokenFault) -> String {
        do {
            let claims = try JSONObject(parsing: claims, bigNumbers: .allowed).members
            return try subject(of: claims, at: now)
        } catch let fault as TokenFault {
            throw fault
        } catch {
            throw .malformed
        }
    }

    private func subject(of claims: JSONMembers, at now: Double) throws(TokenFault) -> String {
        guard let end = try time("exp", in: claims) else { throw .noEnd }
        guard now < end + Self.leeway else { throw .expired }
        if let start = try time("nbf", in: claims), now < start - Self.leeway { throw .notYet }
        if !issuers.isEmpty {
            guard let issuer = claims["iss"]?.string, issuers.contains(where: { same($0, issuer) }) else {
                throw .issuer
            }
        }
        switch claims["aud"] {
        case nil: guard audiences.isEmpty else { throw .audience }
        case .string(let one)?: guard audiences.contains(where: { same($0, one) }) else { throw .audience }
        case .array(let several)?:
            let isMeant = several.contains { entry in
                entry.string.map { entry in audiences.contains { same($0, entry) } } ?? false
            }
            guard isMeant else { throw .audience }
        default: throw .malformed
        }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw .noSubject }
        return subject
    }

    /// A time in seconds since 1970, whole or not; nil if it isn't there.
    private func time(_ key: String, in claims: JSONMembers) throws(TokenFault) -> Double? {
        switch claims[key] {
        case nil: nil
        case .integer(let seconds)?: Double(seconds)
        case .real(let seconds)?: seconds
        default: throw .malformed
        }
    }

    /// Byte by byte: Swift's own comparison takes two spellings of a character for one.
    private func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}
