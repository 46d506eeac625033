import JSON

/// A set of keys as JSON (RFC 7517). What isn't understood is left out, as the standard says, and told.
extension KeySet {
    static func set(_ file: [UInt8], _ findings: inout [String]) throws(VerificationKey.Flaw) -> [VerificationKey] {
        let fields: JSONMembers
        do {
            fields = try JSONObject(parsing: file).members
        } catch {
            throw .init(reason: "its JSON can't be read: \(error)")
        }
        // One key may stand there alone.
        let entries = fields["keys"]?.array ?? (fields["kty"] == nil ? nil : [.object(fields)])
        guard let entries else { throw .init(reason: "its JSON has no keys") }
        guard entries.count <= limit else { throw .init(reason: "it has more than \(limit) keys") }
        var keys: [VerificationKey] = []
        for (index, entry) in entries.enumerated() {
            guard let fields = entry.object else { throw .init(reason: "key \(index + 1) of it is no object") }
            switch try key(fields) {
            case .key(let key): keys.append(key)
            case .leftOut(let why): findings.append("key \(index + 1) is left out: \(why)")
            }
        }
        guard !keys.isEmpty else {
            throw .init(reason: "no key of it can be used" + (findings.first.map { ": \($0)" } ?? ""))
        }
        return keys
    }

    private enum Entry {
        case key(VerificationKey)
        case leftOut(String)
    }

    private static func key(_ fields: JSONMembers) throws(VerificationKey.Flaw) -> Entry {
        let kind = fields["kty"]?.string
        if kind != "oct", fields["d"] != nil {
            throw .init(reason: "it has a private key, and a node needs the public ones alone")
        }
        if let use = fields["use"]?.string, use != "sig" { return .leftOut("it isn't for signatures") }
        if let uses = fields["key_ops"]?.array, !uses.contains(where: { $0.string == "verify" }) {
            return .leftOut("it isn't for checking signatures")
        }
        let (id, algorithm) = (fields["kid"]?.string, fields["alg"]?.string)
        if let algorithm, Algorithm(rawValue: algorithm) == nil {
            return .leftOut("it is for an algorithm that isn't taken")
        }
        switch kind {
        case "oct":
            return .key(try .secret(try bytes("k", fields), id: id, algorithm: algorithm))
        case "RSA":
            return .key(
                try .rsa(
                    modulus: try bytes("n", fields), exponent: try bytes("e", fields), id: id, algorithm: algorithm))
        case "EC":
            guard let curve = fields["crv"]?.string.flatMap(KeyKind.Curve.init(rawValue:)) else {
                return .leftOut("its curve isn't known")
            }
            return .key(
                try .curve(curve, x: try bytes("x", fields), y: try bytes("y", fields), id: id, algorithm: algorithm))
        case "OKP":
            guard fields["crv"]?.string == "Ed25519" else { return .leftOut("its curve isn't known") }
            return .key(try .ed25519(try bytes("x", fields), id: id, algorithm: algorithm))
        default: return .leftOut("its kind isn't known")
        }
    }

    private static func bytes(_ name: String, _ fields: JSONMembers) throws(VerificationKey.Flaw) -> [UInt8] {
        guard let text = fields[name]?.string, let bytes = CompactToken.decoded(text.utf8), !bytes.isEmpty else {
            throw .init(reason: "a key of it has no \(name) in base64")
        }
        return bytes
    }
}
