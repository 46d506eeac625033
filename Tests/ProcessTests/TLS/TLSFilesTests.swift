import Foundation
import Testing

extension RealPrograms {
    /// The files of certificates: made, wrong, and changed while a node runs; and those of users.
    @Suite struct TLSFilesTests {}
}

extension RealPrograms.TLSFilesTests {
    @Test func `Certificates are made for their owner alone, and nothing is overwritten`() throws {
        try onBench { bench in
            let certificates = try bench.certificates(for: ["localhost"], ["--user", "anna"])
            let expected = [
                "authority.pem": 0o644, "node.pem": 0o644, "node.key": 0o600, "anna.pem": 0o644, "anna.key": 0o600,
            ]
            for (name, mode) in expected {
                let path = certificates.folder + "/" + name
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? Int) == mode, "\(name)")
            }
            let before = try Data(contentsOf: URL(fileURLWithPath: certificates.key))
            try FileManager.default.removeItem(atPath: certificates.authority)
            let again = try bench.run(["certificate", "--folder", certificates.folder, "--for", "localhost"])
            #expect(again.status == 1)
            #expect(again.errors.contains("node.pem is there already"), "\(again.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: certificates.key)) == before)
            #expect(!FileManager.default.fileExists(atPath: certificates.authority))
        }
    }

    @Test func `Files that can't be used are named with the flag, and the node doesn't start`() throws {
        try onBench { bench in
            let one = try bench.certificates("one")
            let two = try bench.certificates("two")
            let cases: [(flags: [String], words: [String])] = [
                (["--tls-cert", one.certificate], ["--tls-cert needs --tls-key"]),
                (["--tls-client-ca", one.authority], ["--tls-client-ca needs --tls-cert"]),
                (["--tls-cert", one.folder + "/none", "--tls-key", one.key], ["no such file", "--tls-cert"]),
                (["--tls-cert", one.key, "--tls-key", one.key], ["certificate can't be read", "--tls-cert"]),
                (["--tls-cert", one.certificate, "--tls-key", one.certificate], ["key can't be read", "--tls-key"]),
                (["--tls-cert", one.certificate, "--tls-key", two.key], ["doesn't belong", "--tls-key"]),
                (one.nodeFlags + ["--tls-client-ca", one.key], ["authorities' certificates", "--tls-client-ca"]),
            ]
            for (flags, words) in cases {
                let run = try bench.run(["node", "-lp", "0", "--memory", "--clock", "none", "-ms", "s"] + flags)
                #expect(run.status != 0)
                for word in words { #expect(run.errors.contains(word), "\(flags): \(run.errors)") }
            }
        }
    }

    @Test func `A new certificate is read on SIGHUP, and a broken one changes nothing`() throws {
        try onBench { bench in
            let old = try bench.certificates("old")
            let new = try bench.certificates("new")
            let node = try bench.node("node", old.nodeFlags)
            func reaches(_ certificates: TestCertificates) throws -> Bool {
                try bench.run(
                    ["tree", "-rp", String(node.port), "-s", node.secret, "--json"] + certificates.clientFlags
                ).status == 0
            }
            #expect(try reaches(old))
            try "broken".write(toFile: old.certificate, atomically: true, encoding: .utf8)
            node.program.signal(SIGHUP)
            try eventually("the fault is told") {
                node.program.errors.contains("the certificate stays as it was")
                    && node.program.errors.contains("check --tls-cert")
            }
            #expect(try reaches(old))
            for (from, to) in [(new.certificate, old.certificate), (new.key, old.key)] {
                try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
            }
            node.program.signal(SIGHUP)
            try eventually("the new certificate is shown") { try reaches(new) }
            #expect(try !reaches(old))
        }
    }

    @Test func `A new certificate is found without a signal, and one that ends soon is warned of`() throws {
        try onBench { bench in
            let old = try bench.certificates("old")
            let new = try bench.certificates("new", for: ["localhost"], ["--days", "10"])
            let node = try bench.node("node", old.nodeFlags)
            #expect(!node.program.errors.contains("ends in"))
            for (from, to) in [(new.certificate, old.certificate), (new.key, old.key)] {
                try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
            }
            try eventually("it is read", within: .seconds(40)) {
                node.program.errors.contains("read the certificate in")
            }
            try eventually("its end is told") { node.program.errors.contains("ends in 9 days (--tls-cert)") }
        }
    }

    @Test func `A certificate for another host than the node's is warned of, at the start and when it is read again`()
        throws
    {
        try onBench { bench in
            let other = try bench.certificates("other", for: ["node.example"])
            let own = try bench.certificates("own")
            let words = "isn't for localhost, the host name that this node tells others"
            let check = try bench.run(["node", "--check", "--memory", "--clock", "none"] + other.nodeFlags)
            #expect(check.status == 0 && check.errors.contains(words), "\(check.errors)")
            #expect(try bench.run(["node", "--check", "--memory", "--clock", "none"] + own.nodeFlags).errors.isEmpty)
            let named = ["node", "-lh", "node.example", "--check", "--memory", "--clock", "none"]
            #expect(try bench.run(named + other.nodeFlags).errors.isEmpty)
            let node = try bench.node("node", own.nodeFlags)
            for (from, to) in [(other.certificate, own.certificate), (other.key, own.key)] {
                try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
            }
            #expect(!node.program.errors.contains(words))
            node.program.signal(SIGHUP)
            try eventually("it warns") { node.program.errors.contains(words) }
            let begun = try bench.node("begun", other.nodeFlags)
            try eventually("it warns at its start") { begun.program.errors.contains(words) }
        }
    }

    @Test func `Who shows a certificate of a user logs in by its name without a secret, and under no other`() throws {
        try onBench { bench in
            let certificates = try bench.certificates(for: ["localhost"], ["--user", "anna"])
            let node = try bench.node("node", certificates.nodeFlags + ["--tls-client-ca", certificates.authority])
            let listener = try bench.client(at: node)
            let shown = ["-cert", certificates.folder + "/anna.pem", "-key", certificates.folder + "/anna.key"]
            func client(_ flags: [String]) throws -> Program {
                try bench.opensslClient(at: node, certificates, flags)
            }
            let anna = try client(shown)
            try anna.write(#"{"command":"LOGIN","username":"anna"}"#)
            try anna.expect("LOGIN_SUCCESS")
            try anna.write(#"{"command":"ACTIVITY_MESSAGE","username":"anna","activity":{"n":1}}"#)
            try listener.hear(["n": 1], from: "anna")
            let bert = try client(shown)
            try bert.write(#"{"command":"LOGIN","username":"bert"}"#)
            #expect(try bert.expect("INVALID_MESSAGE")["info"]?.text?.contains("field secret") == true)
            let nameless = try client([])
            try nameless.write(#"{"command":"LOGIN","username":"anna"}"#)
            #expect(try nameless.expect("INVALID_MESSAGE")["info"]?.text?.contains("field secret") == true)
            // A server's certificate by the same authority is no user's.
            let server = try client(["-cert", certificates.certificate, "-key", certificates.key])
            try server.write(#"{"command":"LOGIN","username":"localhost"}"#)
            #expect((try? server.readLine()) == nil)
            anna.closeInput()
            try bench.forget(anna)
        }
    }
}
