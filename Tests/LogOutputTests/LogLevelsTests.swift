import Logging
import Testing

@testable import LogOutput

@Suite("Levels of the log")
struct LogLevelsTests {
    @Test("one level holds for all parts, and a part may have its own")
    func own() throws {
        let levels = try #require(LogLevels("warning,links=debug,clients=error"))
        #expect(levels.admits(.warning, of: .tree))
        #expect(!levels.admits(.notice, of: .tree))
        #expect(levels.admits(.debug, of: .links))
        #expect(!levels.admits(.warning, of: .clients))
        #expect(levels.admits(.warning, of: nil))
        #expect(levels.description == "warning,clients=error,links=debug")
        #expect(LogLevels(levels.description) == levels)
    }

    @Test("without a level for all, info is meant")
    func base() {
        #expect(LogLevels("tls=error")?.base == .info)
    }

    @Test(
        "what is no level and no part is refused",
        arguments: ["", "loud", "info,", "info,debug", "tree=", "tree=x", "moon=info", "a=b=c"])
    func wrong(text: String) {
        #expect(LogLevels(text) == nil)
    }
}
