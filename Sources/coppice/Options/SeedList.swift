import ArgumentParser
import Host
import Tree

/// The nodes to find the network by: `HOST:PORT`, `dns:NAME:PORT` or `dns:NAME`, with commas between them, or `none`.
struct SeedList: ExpressibleByArgument {
    private let text: String

    init() { text = "none" }

    /// Any text: `check` complains in words that say what is wrong.
    init?(argument: String) { text = argument }

    /// - Throws: a complaint that names the flag.
    func check() throws { _ = try parts }

    var addresses: [Address] {
        ((try? parts) ?? []).compactMap { if case .address(let address) = $0 { address } else { nil } }
    }

    var names: [SeedName] {
        ((try? parts) ?? []).compactMap { if case .name(let name) = $0 { name } else { nil } }
    }

    var defaultValueDescription: String { text }

    /// What is wrong with one of them, as the rest of a sentence about the flag; nil if nothing is.
    static func flaw(_ element: String) -> String? {
        if element == "none" { return nil }
        do { _ = try part(element) } catch { return error.words }
        return nil
    }

    private enum Part {
        case address(Address)
        case name(SeedName)
    }

    private var parts: [Part] {
        get throws {
            if text == "none" { return [] }
            let texts = text.split(separator: ",").map(String.init)
            do throws(HostAndPort.Misunderstanding) {
                guard !texts.isEmpty else { throw HostAndPort.Misunderstanding("must not be empty") }
                return try texts.map(Self.part)
            } catch {
                throw ValidationError("--seeds \(error.words)")
            }
        }
    }

    private static func part(_ text: String) throws(HostAndPort.Misunderstanding) -> Part {
        if let name = dnsName(text) { return .name(try seedName(name)) }
        let parsed = try HostAndPort(text)
        guard let port = parsed.port else {
            throw HostAndPort.Misunderstanding("takes HOST:PORT, dns:NAME:PORT or dns:NAME, not \(text)")
        }
        return .address(Address(host: parsed.host, port: port))
    }

    /// What stands after `dns:`; nil for an address of a host. `dns:3780` is a host that is called dns.
    private static func dnsName(_ text: String) -> String? {
        guard text.hasPrefix("dns:") else { return nil }
        let name = text.dropFirst("dns:".count)
        return !name.isEmpty && name.allSatisfy(\.isNumber) ? nil : String(name)
    }

    private static func seedName(_ text: String) throws(HostAndPort.Misunderstanding) -> SeedName {
        let parsed: HostAndPort
        do { parsed = try HostAndPort(text) } catch {
            throw HostAndPort.Misunderstanding(
                "takes a name after dns:, as dns:NAME:PORT or dns:NAME, not dns:\(text)")
        }
        guard !parsed.isNumeric else {
            throw HostAndPort.Misunderstanding(
                "takes a name after dns:, not the address \(parsed.host): leave dns: out")
        }
        return SeedName(host: parsed.host, port: parsed.port)
    }
}
