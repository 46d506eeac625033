import Foundation
import Testing
import Yams

extension RealPrograms {
    /// The manifests for Kubernetes: what they name is there, and the programs take their arguments.
    @Suite struct KubernetesTests {}
}

extension RealPrograms.KubernetesTests {
    @Test func `Everything that a manifest names stands in another one`() throws {
        let manifests = try Manifests()
        #expect(manifests.objects.allSatisfy { $0["apiVersion"].string != nil && $0["kind"].string != nil })
        let names = manifests.objects.map { "\($0["kind"].string!)/\($0["metadata", "name"].string ?? "")" }
        #expect(Set(names).count == names.count, "\(names)")

        for set in manifests.all("StatefulSet") {
            let name = set["metadata", "name"].string!
            let labels = set["spec", "template", "metadata", "labels"].strings
            #expect(set["spec", "selector", "matchLabels"].strings == labels, "\(name) selects its own pods")
            let service = try #require(manifests.one("Service", set["spec", "serviceName"].string), "\(name)'s service")
            #expect(service["spec", "selector"].strings == labels)
        }
        for service in manifests.all("Service") {
            let name = service["metadata", "name"].string!
            let containers = manifests.all("StatefulSet")
                .filter { $0["spec", "template", "metadata", "labels"].strings == service["spec", "selector"].strings }
                .flatMap { $0["spec", "template", "spec", "containers"].list }
            #expect(!containers.isEmpty, "nobody is behind \(name)")
            for port in service["spec", "ports"].list {
                let target = containers.flatMap { $0["ports"].list }.first {
                    $0["name"].string == port["targetPort"].string
                }
                #expect(target?["containerPort"].int == port["port"].int, "\(name): \(port["name"].string ?? "")")
            }
        }
        let budget = try #require(manifests.all("PodDisruptionBudget").first)
        let nodes = try #require(manifests.one("StatefulSet", "coppice"))
        #expect(budget["spec", "selector", "matchLabels"].strings == nodes["spec", "selector", "matchLabels"].strings)
        #expect(budget["spec", "maxUnavailable"].int == 1)
    }

    @Test func `Each container runs as nobody, keeps its root file system, and has the volumes that it mounts`() throws
    {
        for set in try Manifests().all("StatefulSet") {
            let pod = set["spec", "template", "spec"]
            #expect(
                pod["securityContext", "runAsNonRoot"].bool == true && pod["securityContext", "runAsUser"].int == 10001)
            let volumes =
                pod["volumes"].list.compactMap { $0["name"].string }
                + set["spec", "volumeClaimTemplates"].list.compactMap { $0["metadata", "name"].string }
            for container in pod["containers"].list {
                #expect(container["securityContext", "readOnlyRootFilesystem"].bool == true)
                #expect(container["securityContext", "allowPrivilegeEscalation"].bool == false)
                #expect(Set(container["volumeMounts"].list.compactMap { $0["name"].string }) == Set(volumes))
                let ports = container["ports"].list.compactMap { $0["name"].string }
                for probe in ["livenessProbe", "readinessProbe", "startupProbe"] where container[probe].exists {
                    let port =
                        container[probe, "httpGet", "port"].string ?? container[probe, "tcpSocket", "port"].string
                    #expect(ports.contains(port ?? ""), "\(probe)")
                }
            }
        }
        let node = try Manifests().containers(of: "coppice")[0]
        #expect(node["livenessProbe", "httpGet", "path"].string == "/health")
        #expect(node["readinessProbe", "httpGet", "path"].string == "/ready")
    }

    @Test func `Seeds and the clock are names of services, and secrets are files of a mounted secret`() throws {
        let manifests = try Manifests()
        let flags = try manifests.flags(of: "coppice")
        let seeds = try #require(flags["--seeds"])
        let service = try #require(manifests.one("Service", String(seeds.dropFirst("dns:".count))))
        #expect(seeds.hasPrefix("dns:") && service["spec", "clusterIP"].string == "None")
        #expect(service["spec", "publishNotReadyAddresses"].bool == true)
        // The port's name is the service's name in SRV records.
        #expect(service["spec", "ports"].list.contains { $0["name"].string == "coppice" })
        let clock = try #require(flags["--clock"]?.split(separator: ":").map(String.init))
        let clockService = try #require(manifests.one("Service", clock[0]))
        #expect(clockService["spec", "ports"].list.contains { "\($0["port"].int ?? 0)" == clock[1] })
        #expect(flags["--hostname"] == "$(POD_NAME).\(service["metadata", "name"].string!).$(POD_NAMESPACE).svc")

        for name in ["coppice", "coppice-clock"] {
            let set = try #require(manifests.one("StatefulSet", name))
            let secret = try #require(set["spec", "template", "spec", "volumes"].list.first { $0["secret"].exists })
            let mounts = try manifests.containers(of: name)[0]["volumeMounts"].list
            let mount = mounts.first { $0["name"].string == secret["name"].string }?["mountPath"].string ?? "?"
            let files = secret["secret", "items"].list.compactMap { $0["path"].string }.map { "\(mount)/\($0)" }
            for (flag, value) in try manifests.flags(of: name) where flag.hasSuffix("-file") {
                #expect(files.contains(value), "\(name): \(flag)")
            }
            let data = mounts.first { $0["name"].string == "data" }?["mountPath"].string ?? "?"
            #expect(try manifests.flags(of: name)["--data-dir"]?.hasPrefix(data + "/") == true)
        }
    }

    @Test func `The programs take the arguments of their containers`() throws {
        let manifests = try Manifests()
        try onBench { bench in
            try FileManager.default.createDirectory(atPath: bench.folder + "/etc", withIntermediateDirectories: true)
            for file in ["secret", "admin-token"] {
                FileManager.default.createFile(
                    atPath: bench.folder + "/etc/\(file)", contents: Data("0123456789abcdefghij\n".utf8),
                    attributes: [.posixPermissions: 0o600])
            }
            for name in ["coppice", "coppice-clock"] {
                let arguments = try manifests.arguments(of: name).map { argument in
                    argument.replacingOccurrences(of: "$(POD_NAME)", with: "coppice-0")
                        .replacingOccurrences(of: "$(POD_NAMESPACE)", with: "default")
                        .replacingOccurrences(of: "/etc/coppice/", with: bench.folder + "/etc/")
                        .replacingOccurrences(of: "/var/lib/coppice/", with: bench.folder + "/")
                }
                #expect(!arguments.joined().contains("$("), "\(arguments)")
                let run = try bench.run(arguments + ["--check"])
                #expect(run.status == 0, "\(run.errors)")
                #expect(!run.errors.contains("Warning"), "\(run.errors)")
            }
        }
    }
}

/// The objects of the manifests.
private struct Manifests {
    let objects: [Part]

    init() throws {
        let path = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let text = try String(contentsOfFile: "/\(path)/packaging/kubernetes/coppice.yaml", encoding: .utf8)
        objects = try Yams.load_all(yaml: text).map { Part($0) }
    }

    func all(_ kind: String) -> [Part] { objects.filter { $0["kind"].string == kind } }

    func one(_ kind: String, _ name: String?) -> Part? { all(kind).first { $0["metadata", "name"].string == name } }

    func containers(of set: String) throws -> [Part] {
        try #require(one("StatefulSet", set))["spec", "template", "spec", "containers"].list
    }

    func arguments(of set: String) throws -> [String] {
        try containers(of: set)[0]["args"].list.compactMap(\.string)
    }

    func flags(of set: String) throws -> [String: String] {
        var flags: [String: String] = [:]
        for argument in try arguments(of: set).dropFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            flags[parts[0]] = parts.count == 2 ? parts[1] : ""
        }
        return flags
    }
}

/// A value of YAML, or none.
private struct Part {
    private let value: Any?

    init(_ value: Any?) { self.value = value }

    subscript(_ path: String...) -> Part {
        Part(path.reduce(value) { ($0 as? [String: Any])?[$1] })
    }

    var exists: Bool { value != nil }
    var string: String? { value as? String }
    var int: Int? { value as? Int }
    var bool: Bool? { value as? Bool }
    var list: [Part] { (value as? [Any] ?? []).map { Part($0) } }
    var strings: [String: String] { value as? [String: String] ?? [:] }
}
