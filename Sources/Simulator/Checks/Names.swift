import Tree

// P8: one name, one owner, on every node; and every question is answered.

extension Checks {
    func checkNames(_ hosts: [Int]) {
        // Who was apart for longer than the log reaches lacks the registrations of that time, and asks at a login.
        guard rest.gaps == 0 else { return }
        for name in Set(world.clients.compactMap(\.wantedName)).sorted() {
            let owners = hosts.map { world.hosts[$0].node?.account(named: name) }
            for (host, owner) in zip(hosts, owners) where owner != owners[0] {
                return fail("P8 one name, one owner", "h\(host) and h\(hosts[0]) disagree about \(name)")
            }
            let told = world.clients.filter { $0.wantedName == name && $0.wasToldRegistered && !$0.hasLostName }
            if told.count > 1, told.allSatisfy(\.isLoggedIn) {
                fail("P8 one name, one owner", "\(told.map(\.index)) all believe that they own \(name)")
            }
        }
    }

    func checkQuestions(_ hosts: [Int]) {
        for host in hosts {
            guard let sizes = world.hosts[host].node?.sizes else { continue }
            if sizes.questions > 0 || sizes.work > 0 {
                fail(
                    "every question is answered",
                    "h\(host) has \(sizes.questions) questions and \(sizes.work) works open")
            }
        }
    }
}
