import Testing
import Tree

@testable import Wire

/// What no message of a server may be longer than.
@Suite struct FieldBoundsTests {
    private func info(_ line: String) -> String? {
        do throws(WireError) {
            _ = try Decoding.message(Array(line.utf8).span.bytes)
            return nil
        } catch {
            return error.info
        }
    }

    private func contacts(_ count: Int, host: String = "h") -> String {
        "[" + Array(repeating: #"{"hostname":"\#(host)","port":1}"#, count: count).joined(separator: ",") + "]"
    }

    private func tree(path: Int = 1, heirs: Int = 0, siblings: Int = 0, uncles: Int = 0) -> String {
        #"{"command":"TREE","label":{"term":1,"root":"aaaaaaaaaaaaa","depth":1},"path":\#(contacts(path)),"#
            + #""heirs":\#(contacts(heirs)),"siblings":\#(contacts(siblings)),"uncles":\#(contacts(uncles)),"#
            + #""claim":{"hostname":"h","port":1,"priority":0}}"#
    }

    @Test func listsOfContactsAreBounded() {
        #expect(info(tree(path: 65, heirs: 64, siblings: 64, uncles: 64)) == nil)
        #expect(info(tree(path: 66)) == "the field path has more than 65 elements")
        #expect(info(tree(heirs: 65)) == "the field heirs has more than 64 elements")
        #expect(info(tree(siblings: 65)) == "the field siblings has more than 64 elements")
        #expect(info(tree(uncles: 65)) == "the field uncles has more than 64 elements")
        func leaving(_ count: Int) -> String { #"{"command":"LEAVING","others":\#(contacts(count))}"# }
        #expect(info(leaving(1024)) == nil)
        #expect(info(leaving(1025)) == "the field others has more than 1024 elements")
        func refused(_ count: Int) -> String {
            #"{"command":"AUTHENTICATION_FAIL","info":"","why":"full","others":\#(contacts(count))}"#
        }
        #expect(info(refused(1025)) == "the field others has more than 1024 elements")
    }

    @Test func namesOfHostsIdsAndSessionsAreBounded() {
        func redirect(_ bytes: Int) -> String {
            #"{"command":"REDIRECT","hostname":"\#(String(repeating: "h", count: bytes))","port":1}"#
        }
        #expect(info(redirect(255)) == nil)
        #expect(info(redirect(256)) == "the field hostname is longer than 255 bytes")
        func announce(_ bytes: Int) -> String {
            let id = String(repeating: "i", count: bytes)
            return #"{"command":"SERVER_ANNOUNCE","id":"\#(id)","hostname":"h","port":1,"load":1}"#
        }
        #expect(info(announce(255)) == nil)
        #expect(info(announce(256)) == "the field id is longer than 255 bytes")
        func entry(_ bytes: Int, escaped: Bool) -> String {
            let session = (escaped ? "\\u0061" : "a") + String(repeating: "s", count: bytes - 1)
            return #"{"command":"ACTIVITY_BROADCAST","hop":1,"activity":{"authenticated_user":"x"},"#
                + #""id":"aaaaaaaaaaaaa.1.1","stamp":"1","session":"\#(session)","cseq":1,"copies":1}"#
        }
        for escaped in [false, true] {
            #expect(info(entry(128, escaped: escaped)) == nil)
            #expect(info(entry(129, escaped: escaped)) == "the field session is longer than 128 bytes")
        }
    }

    @Test func resumeTokensAreBounded() {
        func token(_ bytes: Int) -> String { String(repeating: "a", count: bytes) }
        func login(_ bytes: Int) -> String {
            #"{"command":"LOGIN","username":"anna","session":"s","resume_token":"\#(token(bytes))"}"#
        }
        func redirect(_ bytes: Int) -> String {
            #"{"command":"REDIRECT","hostname":"h","port":1,"resume_token":"\#(token(bytes))"}"#
        }
        #expect(info(login(128)) == nil)
        #expect(info(login(129)) == "the field resume_token is longer than 128 bytes")
        #expect(info(redirect(128)) == nil)
        #expect(info(redirect(129)) == "the field resume_token is longer than 128 bytes")
    }

    @Test func whatAPingNamesIsBounded() {
        func ping(_ bytes: Int) -> String { #"{"command":"PING","id":"\#(String(repeating: "i", count: bytes))"}"# }
        #expect(info(ping(64)) == nil)
        #expect(info(ping(65)) == "the field id is longer than 64 bytes")
    }

    @Test func listsOfNodesAreBounded() {
        func recorded(_ count: Int) -> String {
            let nodes = Array(repeating: #""aaaaaaaaaaaaa""#, count: count).joined(separator: ",")
            return #"{"command":"RECORDED","request":"aaaaaaaaaaaaa.1.1","nodes":[\#(nodes)]}"#
        }
        #expect(info(recorded(4096)) == nil)
        #expect(info(recorded(4097)) == "the field nodes has more than 4096 elements")
    }

    @Test func listsOfAccountsAreBounded() {
        func list(_ element: String, _ count: Int) -> String {
            "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
        }
        func accounts(_ count: Int) -> String {
            #"{"command":"ACCOUNTS","records":\#(list(#"{"username":"a name of some length"}"#, count))}"#
        }
        #expect(info(accounts(1024)) == nil)
        #expect(info(accounts(1025)) == "the field records has more than 1024 elements")
        func compare(_ count: Int) -> String {
            #"{"command":"COMPARE_ACCOUNTS","ranges":\#(list(#"["abc","12345678901234567890",12]"#, count))}"#
        }
        #expect(info(compare(256)) == nil)
        #expect(info(compare(257)) == "the field ranges has more than 256 elements")
        func fetch(_ count: Int) -> String {
            #"{"command":"FETCH_ACCOUNTS","prefix":"ab","records":\#(list(#""12345678901234567""#, count))}"#
        }
        #expect(info(fetch(4096)) == nil)
        #expect(info(fetch(4097)) == "the field records has more than 4096 elements")
    }

    @Test func numbersLeaveRoomToCountOn() {
        let (highest, beyond) = ("\(IdentityText.highestNumber)", "\(IdentityText.highestNumber + 1)")
        func raise(_ term: String) -> String { #"{"command":"RAISE","term":\#(term),"by":"aaaaaaaaaaaaa.1"}"# }
        #expect(info(raise(highest)) == nil)
        #expect(info(raise(beyond)) == "the field term is not a whole number from 0 to \(highest)")
        func vectors(_ sequence: String, life: String = "1") -> String {
            #"{"command":"VECTORS","stored":{"aaaaaaaaaaaaa.\#(life)":\#(sequence)},"safe":{}}"#
        }
        #expect(info(vectors(highest, life: highest)) == nil)
        #expect(info(vectors(beyond)) != nil)
        #expect(info(vectors("1", life: beyond)) != nil)
        // With an escape in it a line is read by the parser, and otherwise without it.
        func entry(_ life: String, _ sequence: String, escaped: Bool) -> String {
            let name = escaped ? "\\u0078" : "x"
            return #"{"command":"ACTIVITY_BROADCAST","hop":1,"activity":{"authenticated_user":"\#(name)"},"#
                + #""id":"aaaaaaaaaaaaa.\#(life).\#(sequence)","stamp":"1","copies":1}"#
        }
        func isEntry(_ line: String) -> Bool {
            if case .entry? = try? Decoding.message(Array(line.utf8).span.bytes) { true } else { false }
        }
        for escaped in [false, true] {
            #expect(isEntry(entry(highest, highest, escaped: escaped)))
            #expect(!isEntry(entry("1", beyond, escaped: escaped)))
            #expect(!isEntry(entry(beyond, "1", escaped: escaped)))
        }
    }

    @Test func namesSecretsAndHashesAreBounded() {
        func text(_ bytes: Int) -> String { String(repeating: "n", count: bytes) }
        func lock(_ name: Int, secret: Int = 1) -> String {
            #"{"command":"LOCK_REQUEST","username":"\#(text(name))","secret":"\#(text(secret))"}"#
        }
        #expect(info(lock(255, secret: 4096)) == nil)
        #expect(info(lock(256)) == "the field username is longer than 255 bytes")
        #expect(info(lock(1, secret: 4097)) == "the field secret is longer than 4096 bytes")
        func account(_ name: Int, hash: Int) -> String {
            #"{"command":"ACCOUNT","hop":1,"id":"aaaaaaaaaaaaa.1.1","at":"1","username":"\#(text(name))","#
                + #""hash":"\#(text(hash))","stamp":"1","origin":"aaaaaaaaaaaaa.1"}"#
        }
        #expect(info(account(255, hash: 255)) == nil)
        #expect(info(account(256, hash: 1)) == "the field username is longer than 255 bytes")
        #expect(info(account(1, hash: 256)) == "the field hash is longer than 255 bytes")
        func redirected(_ bytes: Int) -> String {
            #"{"command":"REDIRECTED","username":"\#(text(bytes))","to":"aaaaaaaaaaaaa"}"#
        }
        #expect(info(redirected(255)) == nil)
        #expect(info(redirected(256)) == "the field username is longer than 255 bytes")
        func entry(_ bytes: Int, escaped: Bool) -> String {
            let name = (escaped ? "\\u006e" : "n") + text(bytes - 1)
            return #"{"command":"ACTIVITY_BROADCAST","hop":1,"activity":{"authenticated_user":"\#(name)"},"#
                + #""id":"aaaaaaaaaaaaa.1.1","stamp":"1","copies":1}"#
        }
        for escaped in [false, true] {
            #expect(info(entry(255, escaped: escaped)) == nil)
            #expect(
                info(entry(256, escaped: escaped)) == "the field authenticated_user is longer than 255 bytes")
        }
    }
}
