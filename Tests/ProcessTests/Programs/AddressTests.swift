import Testing

extension RealPrograms {
    /// Hosts and ports in the forms in which people write them.
    @Suite struct AddressTests {}
}

extension RealPrograms.AddressTests {
    @Test func `A host is read with its port, and in brackets`() throws {
        try onBench { bench in
            let node = try bench.node(secret: "s")
            let port = String(node.port)
            for address in [
                ["-rh", "localhost:\(port)"], ["--host", "127.0.0.1:\(port)"], ["-rh", "localhost", "-rp", port],
                ["-rh", "localhost:\(port)", "-rp", port],
            ] {
                let runs = try [
                    bench.run(["tree", "-s", "s"] + address), bench.run(["account", "list", "-s", "s"] + address),
                    bench.run(["client"] + address),
                ]
                #expect(runs.allSatisfy { $0.status == 0 }, "\(address): \(runs.map(\.errors))")
            }
            let child = try bench.program(
                "child",
                [
                    "node", "-lp", "0", "-rh", "localhost:\(port)", "-s", "s", "--memory", "--clock", Bench.nobody,
                ])
            try eventually("it is joined") { child.errors.contains("joined the tree") }
        }
    }

    @Test func `A numeric IPv6 host stands in brackets or without`() throws {
        try onBench { bench in
            let program = try bench.program(
                "node",
                ["node", "-lp", "0", "-lh", "[::1]", "-ms", "s", "--memory", "--clock", Bench.nobody])
            let port = String(try Node.port(of: program))
            for address in [["-rh", "[::1]:\(port)"], ["-rh", "[::1]", "-rp", port], ["-rh", "::1", "-rp", port]] {
                let run = try bench.run(["tree", "-s", "s"] + address)
                #expect(run.status == 0, "\(address): \(run.errors)")
                let client = try bench.run(["client"] + address)
                #expect(client.status == 0, "\(address): \(client.errors)")
            }
            let child = try bench.program(
                "child",
                [
                    "node", "-lp", "0", "--bind", "[::1]", "-lh", "::1", "-rh", "[::1]:\(port)", "-s", "s", "--memory",
                    "--clock", "[::1]:1,localhost:1", "--seeds", "[::1]:\(port)",
                ])
            try eventually("it is joined") { child.errors.contains("joined the tree") }
            let flood = try bench.run(["flood", "--nodes", "[::1]:\(port)", "--clients", "2", "--duration", "0.1"])
            #expect(flood.status == 0, "\(flood.errors)")
            let clock = try bench.program(
                "clock", ["clock", "--plain-links", "-lp", "0", "--bind", "[::1]", "--data-dir", "clock"])
            let load = try bench.run(["clock-load", "[::1]:\(try Node.port(of: clock))", "--seconds", "0.1"])
            #expect(load.status == 0, "\(load.errors)")
        }
    }

    @Test func `A wrong address is refused with the name of the flag`() throws {
        try onBench { bench in
            let wrongHosts = [
                "", "[::1", "[::1]3790", "[localhost]", "http://localhost", "a b", "h:0", "h:70000", "h:x",
            ]
            var cases: [(arguments: [String], flag: String)] = []
            for host in wrongHosts {
                for command in [
                    ["client"], ["tree", "-s", "s"], ["account", "list", "-s", "s"], ["account", "storm"],
                ] {
                    cases.append((command + ["-rh", host], "-rh/--host"))
                }
                cases.append((["node", "-s", "s", "--memory", "-rh", host], "-rh/--parent-host"))
                cases.append((["node", "--memory", "-lh", host], "-lh/--hostname"))
                cases.append((["node", "--memory", "--bind", host], "--bind"))
                cases.append((["clock", "--bind", host], "--bind"))
                cases.append((["clock", "--etcd", "http://localhost:1", "-lh", host], "-lh/--hostname"))
            }
            for address in ["localhost", "::1", "[::1]", "[::1:3780", "localhost:0", "http://localhost:1"] {
                cases.append((["node", "--memory", "--seeds", address], "--seeds"))
                cases.append((["node", "--memory", "--clock", address], "--clock"))
                cases.append((["flood", "--nodes", address], "--nodes"))
                cases.append((["flood", "--sender-nodes", address], "--sender-nodes"))
                cases.append((["clock-load", address], "clock"))
            }
            for seed in ["dns:", "dns::1", "dns:a b", "dns:10.0.0.1:3780", "dns:name:0", "localhost:1,dns:name:x"] {
                cases.append((["node", "--memory", "--seeds", seed], "--seeds takes"))
            }
            cases += [
                (["tree", "-s", "s", "-rh", "localhost:1", "-rp", "2"], "-rp/--port"),
                (["tree", "-s", "s", "-rh", "localhost", "-rp", "0"], "-rp/--port"),
                (["tree", "-s", "", "-rh", "localhost"], "-s/--secret"),
                (["account", "show", "anna", "-s", "", "-rh", "localhost"], "-s/--secret"),
                (["node", "--memory", "-lh", "localhost", "--max-strangers", "0"], "--max-strangers"),
                (["node", "-s", "s", "--memory", "-rh", "localhost:1", "-rp", "2"], "-rp/--parent-port"),
                (["node", "-s", "s", "--memory", "-rh", "localhost", "-rp", "0"], "-rp/--parent-port"),
                (["node", "--memory", "-lh", "localhost:3780"], "-lp/--listen-port"),
                (["node", "--memory", "--bind", "127.0.0.1:3780"], "-lp/--listen-port"),
            ]
            for (arguments, flag) in cases {
                let run = try bench.run(arguments)
                #expect(run.status != 0, "\(arguments)")
                #expect(run.errors.contains(flag), "\(arguments): \(run.errors)")
            }
        }
    }

    @Test func `Advice about a server names the flag that has named it`() throws {
        try onBench { bench in
            let secret = ["-s", "x"]
            for (arguments, flag) in [
                (["config", "--of", Bench.nobody], "check --of"), (["drain", "--at", Bench.nobody], "check --at"),
                (["tree", "-rp", "1"], "check -rh/--host and -rp/--port"),
                (["config", "--of", "nowhere.invalid:3780"], "nowhere.invalid"),
                (["tree", "-rh", "nowhere.invalid"], "nowhere.invalid"),
            ] {
                let run = try bench.run(arguments + secret)
                #expect(run.status == 1 && run.errors.contains(flag), "\(arguments): \(run.errors)")
                #expect(!run.errors.contains("temporary failure"), "\(run.errors)")
                if arguments[0] != "tree" { #expect(!run.errors.contains("-rh"), "\(run.errors)") }
            }
        }
    }
}
