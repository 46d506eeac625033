import Testing

@testable import LogLines

@Suite("A text that was copied")
struct CopiedTextTests {
    private let text = CopiedText("there is no clock at …: …: check --clock; trying again ever more seldom")

    @Test("has the fixed parts of its explanation, in their order")
    func whole() {
        let copy = "there is no clock at h:1: it hangs: check --clock; trying again ever more seldom"
        #expect(text.weight(in: copy) == 67)
        #expect(text.weight(in: "check --clock; trying again, there is no clock at h:1") == 0)
    }

    @Test("or is a piece of one of them")
    func piece() {
        #expect(text.weight(in: "there is no clock") == 17)
        #expect(text.weight(in: "no") == 0, "that is in many")
    }

    @Test("or has words in a row that stand there")
    func run() {
        #expect(text.run(of: "node 1: there is no clock at localhost:45000") == 20)
        #expect(text.run(of: "trying again ever more") == 22)
        #expect(text.run(of: "no clock") == 0, "two words are too few")
        #expect(text.run(of: "") == 0)
    }
}
