import Testing

@testable import JWT

@Suite struct `The claims of a token` {
    private let now = 1_800_000_000.0

    private func verdict(_ claims: String, _ rules: TokenRules = TokenRules()) -> TokenFault? {
        do {
            #expect(try rules.subject(of: Array(claims.utf8), at: now) == "anna")
            return nil
        } catch {
            return error
        }
    }

    private func rules(_ audiences: [String] = [], _ issuers: [String] = []) -> TokenRules {
        var rules = TokenRules()
        (rules.audiences, rules.issuers) = (audiences, issuers)
        return rules
    }

    @Test(
        arguments: [
            (#"{"sub":"anna","exp":1800000001}"#, nil), (#"{"sub":"anna","exp":1800000000.5}"#, nil),
            (#"{"sub":"anna","exp":1799999971}"#, nil), (#"{"sub":"anna","exp":1799999970}"#, .expired),
            (#"{"sub":"anna","exp":0}"#, .expired), (#"{"sub":"anna","exp":-1}"#, .expired),
            (#"{"sub":"anna","exp":1e400}"#, nil), (#"{"sub":"anna"}"#, .noEnd),
            (#"{"sub":"anna","exp":null}"#, .malformed), (#"{"sub":"anna","exp":"1900000000"}"#, .malformed),
            (#"{"sub":"anna","exp":1900000000,"nbf":1800000030}"#, nil),
            (#"{"sub":"anna","exp":1900000000,"nbf":1800000031}"#, .notYet),
            (#"{"sub":"anna","exp":1900000000,"nbf":"x"}"#, .malformed),
        ] as [(String, TokenFault?)])
    func `hold for their time, give or take half a minute`(claims: String, fault: TokenFault?) {
        #expect(verdict(claims) == fault)
    }

    @Test(
        arguments: [
            #"{"exp":1900000000}"#, #"{"sub":"","exp":1900000000}"#, #"{"sub":7,"exp":1900000000}"#,
            #"{"sub":null,"exp":1900000000}"#, #"{"sub":["anna"],"exp":1900000000}"#,
        ])
    func `name somebody`(claims: String) { #expect(verdict(claims) == .noSubject) }

    @Test func `are for one of the audiences, and for nobody where none is expected`() {
        let none = #"{"sub":"anna","exp":1900000000}"#
        let chat = #"{"sub":"anna","exp":1900000000,"aud":"chat"}"#
        let several = #"{"sub":"anna","exp":1900000000,"aud":["mail","chat"]}"#
        #expect(verdict(none) == nil)
        #expect(verdict(none, rules(["chat"])) == .audience)
        for claims in [chat, several] {
            #expect(verdict(claims, rules(["chat"])) == nil)
            #expect(verdict(claims, rules(["other", "chat"])) == nil)
            #expect(verdict(claims, rules(["other"])) == .audience)
            // It is meant for somebody, and this node doesn't know to be that (RFC 7519, section 4.1.3).
            #expect(verdict(claims) == .audience)
        }
        #expect(verdict(#"{"sub":"anna","exp":1900000000,"aud":7}"#, rules(["7"])) == .malformed)
        #expect(verdict(#"{"sub":"anna","exp":1900000000,"aud":[]}"#, rules(["chat"])) == .audience)
        #expect(verdict(#"{"sub":"anna","exp":1900000000,"aud":"Chat"}"#, rules(["chat"])) == .audience)
    }

    @Test func `come from one of the issuers`() {
        let claims = #"{"sub":"anna","exp":1900000000,"iss":"https://login.example"}"#
        #expect(verdict(claims) == nil)
        #expect(verdict(claims, rules([], ["https://login.example"])) == nil)
        #expect(verdict(claims, rules([], ["a", "https://login.example"])) == nil)
        #expect(verdict(claims, rules([], ["https://login.example/"])) == .issuer)
        #expect(verdict(#"{"sub":"anna","exp":1900000000}"#, rules([], ["a"])) == .issuer)
    }

    @Test(arguments: ["", "[]", "7", #"{"sub":"anna","sub":"bert","exp":1900000000}"#, "{"])
    func `are one object without doubles`(claims: String) { #expect(verdict(claims) == .malformed) }
}
