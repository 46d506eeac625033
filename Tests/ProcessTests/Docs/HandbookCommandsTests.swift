import Foundation
import Testing

extension RealPrograms {
    /// What docs/operations.md tells operators to type.
    @Suite(.enabled(if: NameServerTests.canChooseNetworks, "needs a network of its own"))
    struct HandbookCommandsTests {}
}

extension RealPrograms.HandbookCommandsTests {
    /// The sections whose lines are typed here, in this order.
    private static let typed = [
        "A network", "Settings", "Descriptors", "Watching", "Metrics and health", "After a change",
        "Accounts", "Sessions and bans",
        "Moving clients",
    ]

    /// Why no test here types the lines of the other sections.
    private static let others = [
        "Installing": "needs systemd: make six-machines and make deb-test do it",
        "Certificates for links": "needs six machines: CertifiedLinkTests starts the same",
        "Six servers on six machines": "needs root: make six-machines; HandbookTests checks the files",
        "The kernel, for 100,000 clients and more": "changes the machine",
        "Several clocks": "needs three machines with etcd: SharedClockTests starts the same",
        "Containers": "needs docker", "Kubernetes": "needs a cluster: KubernetesTests checks the manifests",
        "Back up": "HandbookTests", "All nodes are lost": "HandbookTests", "Upgrading": "shows a line of the log",
    ]

    /// What stands for something else on the page, or would not end.
    private static let replaced = [
        ("COPPICE_SECRET=…", "COPPICE_SECRET=0123456789abcdefghij"),
        ("node …", "node --check --memory"), ("/etc/coppice/", "$PWD/"), ("node3.example:3780", "localhost:3781"),
        ("node1.example", "localhost"), ("node.example", "127.0.0.1"), ("show SESSION", "show $(session)"),
        ("--watch", "--watch & sleep 1; kill $!"),
    ]

    /// The section whose lines say behind them what they print.
    private static let checked = "After a change"

    private static let beginning = """
        set -e
        trap 'echo "failed: $line"' ERR
        umask 077
        echo 'a token for the admin port' >token
        export COPPICE_USER_SECRET='a new secret' COPPICE_NEW_SECRET='a new secret'
        session() { coppice session list --name anna | head -n 1 | grep -o '[^[:space:]]*$'; }
        # Registers anna, where she isn't yet, and keeps her logged in.
        anna() {
            local how=--register
            if coppice account list | grep -q ^anna; then how=; fi
            if [[ -z $(session) ]]; then sleep 60 | coppice client -u anna $how & fi
            for _ in {1..100}; do [[ -z $(session) ]] || return 0; sleep 0.1; done
            return 1
        }

        """

    @Test func `Every line of the handbook that can be typed here works`() throws {
        let page = try Handbook("operations.md")
        try onBench { bench in
            var script = Self.beginning
            var count = 0
            for section in Self.typed {
                let blocks = page.blocks("", in: section) + page.blocks("sh", in: section)
                for line in blocks.joined(separator: "\n").split(separator: "\n") where !Self.isOutput(line) {
                    script += Self.typing(String(line), in: section)
                    count += 1
                }
            }
            #expect(count > 25)
            try (script + "echo all works\n").write(
                toFile: bench.folder + "/handbook.sh", atomically: true, encoding: .utf8)
            // Its own ports and processes: all of them end with it.
            let program = try Binary.path()
            let shell = try bench.program(
                "handbook", path: "/usr/bin/unshare",
                [
                    "-n", "-p", "-f", "--kill-child", "--mount-proc", "/bin/bash", "-c",
                    "ip link set lo up && PATH=$(dirname \(program)):$PATH && unset COPPICE_INSECURE_FLAGS "
                        + "&& exec 2>&1 </dev/null && exec bash handbook.sh",
                ])
            let output = try shell.readToEnd(within: .seconds(60))
            #expect(try shell.waitForEnd() == .exited(0), "\(output.joined(separator: "\n"))")
            #expect(output.contains("all works"), "\(output.joined(separator: "\n"))")
        }
    }

    @Test func `Every block of the handbook is typed by a test, or it is said why not`() throws {
        let sections = Set(try Handbook("operations.md").blocks.map(\.section))
        #expect(sections == Set(Self.typed).union(Self.others.keys))
    }

    /// Whether a line of a block is what a program prints.
    private static func isOutput(_ line: Substring) -> Bool {
        !["coppice ", "export ", "curl ", "ulimit ", "sysctl "].contains { line.hasPrefix($0) }
    }

    private static func typing(_ line: String, in section: String) -> String {
        // Without what is explained behind it.
        var typed = (line + "   ").components(separatedBy: "  ")[0] + " "
        for (old, new) in replaced { typed = typed.replacing(old, with: new) }
        if section == "A network", typed.hasPrefix("coppice node") || typed.hasPrefix("coppice clock") {
            let isFirst = typed == "coppice node "
            typed += isFirst ? "--admin 127.0.0.1:9780 --admin-token-file $PWD/token & node=$!; sleep 1" : "& sleep 1"
        }
        if typed == "coppice node --config node.yaml " { typed += "--memory -lp 3790 & sleep 1; kill $!" }
        // That is a node that isn't running.
        if line.contains("--data-dir") {
            typed = "kill $node; wait $node || true; \(typed); coppice node & node=$!; sleep 1"
        }
        if section == checked { typed = checking(typed, prints: line.components(separatedBy: "  # ").last ?? "") }
        let before = line.contains("anna") || line.contains("SESSION") ? "anna\n" : ""
        return "\(before)line='\(line.replacing("'", with: "'\\''"))'\n\(typed)\n"
    }

    /// - Parameter words: what a line prints: all that is in quotes, or "nothing".
    private static func checking(_ typed: String, prints words: String) -> String {
        let quoted = words.matches(of: /"([^"]*)"/).map { String($0.output.1) }
        let checks =
            words.hasPrefix("nothing")
            ? ["[[ -z $shown ]]"] : quoted.map { "grep -qF -- '\($0)' <<<\"$shown\"" }
        return (["shown=$(\(typed) 2>&1)", "echo \"$shown\""] + checks).joined(separator: "\n")
    }
}
