import Foundation

/// Keys and tokens as PyJWT makes them.
struct PyJWT {
    static let path: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first { path in
        let check = Process()
        check.executableURL = URL(fileURLWithPath: path)
        check.arguments = ["-c", "import jwt, cryptography"]
        check.standardError = FileHandle.nullDevice
        guard FileManager.default.isExecutableFile(atPath: path), (try? check.run()) != nil else { return false }
        check.waitUntilExit()
        return check.terminationStatus == 0
    }
    static let refusal = "PyJWT is not installed (Debian: python3-jwt, python3-cryptography)"

    /// Writes the files that it names, and answers each line, a claims' object with the algorithm and the key's name
    /// before it, by a token.
    private static let script = """
        import json, sys, time, jwt
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
        from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
        folder = sys.argv[1]
        keys = {"secret": sys.argv[2], "RS256": rsa.generate_private_key(65537, 2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
        makers = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
        def write(name, text): open(folder + "/" + name, "w").write(text)
        write("secret", keys["secret"] + "\\n")
        made = []
        for name, maker in makers.items():
            public = keys[name].public_key()
            write(name + ".pem", public.public_bytes(
                form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode())
            key = json.loads(maker.to_jwk(public))
            key.pop("key_ops", None)
            made.append(key | {"kid": name, "use": "sig"})
        write("set.json", json.dumps({"keys": made}))
        write("RS256-alone.json", json.dumps({"keys": made[:1]}))
        print("ready", flush=True)
        for line in sys.stdin:
            algorithm, kid, claims = line.split(" ", 2)
            key = keys["secret" if algorithm.startswith("HS") else algorithm]
            claims = json.loads(claims)
            claims.setdefault("exp", time.time() + 600)
            print(jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid != "-" else None), flush=True)
        """

    let folder: String
    private let program: Program

    /// - Parameter secret: for HMAC.
    init(on bench: Bench, secret: String = "a secret of thirty-two bytes or more") throws {
        folder = bench.folder + "/keys"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        program = try bench.program("pyjwt", path: Self.path, ["-c", Self.script, folder, secret])
        guard try program.readLine(within: .seconds(30)) == "ready" else { throw Failure("PyJWT isn't ready") }
    }

    /// A token.
    ///
    /// - Parameter claims: `exp` is ten minutes from now if it isn't there.
    func token(_ claims: [String: JSONValue], _ algorithm: String, key: String = "-") throws -> String {
        try program.write("\(algorithm) \(key) \(JSONValue.object(claims).line)")
        return try program.readLine()
    }

    func end() { program.killHard() }
}
