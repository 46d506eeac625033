import ArgumentParser
import TLS
import UV

/// `coppice certificate`
struct CertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Make a private authority, and certificates that it signs, for trying TLS out.",
        discussion: """
            Writes authority.pem, and node.pem and node.key for a node that is reached under the given names and \
            addresses. With --user also NAME.pem and NAME.key for each user, with --link HOST.pem and HOST.key for the \
            links of each node. Nothing is overwritten. The authority's own key is not kept, so nobody can sign \
            further certificates by it: run this again for others.

              coppice certificate --for localhost 127.0.0.1
              coppice node --tls-cert node.pem --tls-key node.key
              coppice client --tls --ca authority.pem

              coppice certificate --link n1.example n2.example
              coppice node --link-cert n1.example.pem --link-key n1.example.key --link-ca authority.pem
            """)

    @Option(
        name: .customLong("for"), parsing: .upToNextOption,
        help: ArgumentHelp("Names and addresses of the node, as those say them who connect.", valueName: "host"))
    var hosts: [String] = []

    @Option(
        name: .customLong("link"), parsing: .upToNextOption,
        help: ArgumentHelp("Nodes to make certificates for links for, one each, see --link-cert.", valueName: "host"))
    var nodes: [String] = []

    @Option(
        name: .customLong("user"), parsing: .upToNextOption,
        help: ArgumentHelp("Users to make certificates for too, see --tls-client-ca.", valueName: "name"))
    var users: [String] = []

    @Option(help: ArgumentHelp("Folder to write to; it is made if it isn't there.", valueName: "folder"))
    var folder = "."

    @Option(help: ArgumentHelp("Days until the certificates end, 0 to 825; 0 for at once.", valueName: "days"))
    var days = PrivateAuthority.days

    private struct NewFile {
        let name: String
        let bytes: [UInt8]
        let isSecret: Bool
    }

    func validate() throws {
        if hosts.isEmpty, nodes.isEmpty { throw ValidationError("--for needs a name or an address, or --link some") }
        guard (0...PrivateAuthority.days).contains(days) else {
            throw ValidationError("--days has to be 0 to \(PrivateAuthority.days)")
        }
        for user in users where user.isEmpty || user.hasPrefix(".") || user.contains("/") {
            throw ValidationError("--user \(user) can't be the name of a file")
        }
        let names = ["authority", "node"] + users + nodes
        guard Set(names).count == names.count else {
            throw ValidationError("--user or --link names somebody twice, or as this program calls its own files")
        }
    }

    func run() throws {
        let files: [NewFile]
        do throws(TLSError) { files = try make() } catch { throw Complaint("\(error)") }
        do throws(FileError) {
            try Files.makeFolder(folder)
            let there = files.first { Files.exists("\(folder)/\($0.name)") }
            if let there { throw FileError(.write, "\(folder)/\(there.name)", .fileExists) }
            for file in files {
                try Files.create(
                    "\(folder)/\(file.name)", with: file.bytes, permissions: file.isSecret ? 0o600 : 0o644)
            }
        } catch {
            guard error.cause == .fileExists else { throw Complaint(error) }
            throw Complaint("\(error.path) is there already, and is left as it is: name another --folder")
        }
        for file in files { StandardOutput.write("\(folder)/\(file.name)\n") }
    }

    private func make() throws(TLSError) -> [NewFile] {
        let authority = try PrivateAuthority(name: "Coppice authority of \((hosts + nodes)[0])")
        var files = [NewFile(name: "authority.pem", bytes: try authority.certificateText(), isSecret: false)]
        if !hosts.isEmpty { files += Self.files("node", try authority.identity(forHosts: hosts, days: days)) }
        for node in nodes { files += Self.files(node, try authority.identity(forNode: node, days: days)) }
        for user in users { files += Self.files(user, try authority.identity(forUser: user, days: days)) }
        return files
    }

    private static func files(_ name: String, _ identity: TLSContext.Identity) -> [NewFile] {
        [
            NewFile(name: "\(name).pem", bytes: identity.chain, isSecret: false),
            NewFile(name: "\(name).key", bytes: identity.key, isSecret: true),
        ]
    }
}
