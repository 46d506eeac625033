import JSON
import Testing
import Tree
import Wire

@testable import Client

@Suite("A server that writes null for what it doesn't have")
struct AbsentFieldTests {
    @Test(
        "is read as if it had left the field out",
        arguments: [
            #"{"command":"LOGIN_SUCCESS","info":"i","vector":{"a.1":7},"servers":[{"hostname":"h","port":1}],"#
                + #""shown":"s"}"#,
            #"{"command":"LOGIN_FAILED","info":"i"}"#, #"{"command":"REGISTER_SUCCESS","info":"i","durable":1}"#,
            #"{"command":"REDIRECT","hostname":"h","port":3780}"#, #"{"command":"INVALID_MESSAGE","info":"i"}"#,
            #"{"command":"GAP","origin":"a.1","from":1,"through":2}"#, #"{"command":"AUTHENTICATION_FAIL","info":"i"}"#,
        ])
    func answers(line: String) throws {
        let object = try JSONObject(parsing: line).members
        for member in object.list {
            var (null, absent) = (object, object)
            null[member.key] = .null
            absent[member.key] = nil
            #expect(
                ServerMessage(line: JSONValue.object(null).encoded)
                    == ServerMessage(line: JSONValue.object(absent).encoded), "\(member.key)")
        }
    }

    @Test("has broadcasts that read like those of a base server")
    func broadcasts() {
        let nulls = #""id":null,"stamp":null,"late":null,"session":null,"cseq":null,"copies":null"#
        let line = Array(#"{"command":"ACTIVITY_BROADCAST","activity":{"object":"hi"},\#(nulls)}"#.utf8)
        #expect(ServerMessage(line: line) == .broadcast(Broadcast(line: line, activity: ["object": "hi"])))
    }

    @Test("has a tree and accounts that are read too")
    func status() throws {
        let line =
            #"{"command":"STATUS","complete":null,"nodes":[{"id":"a","hostname":"h","port":1,"path":null,"#
            + #""children":null,"deadpool":null,"heir":null,"root":null,"clients":null,"queue":null,"log":null}]}"#
        let status = try #require(TreeStatus(try JSONObject(parsing: line)))
        #expect(status.isComplete && status.asked.isRoot && status.asked.heir == nil && status.asked.clients == 0)
        let account = ListedAccount(try #require(ToldAccount(["username": "ann", "stamp": "5", "changed": nil])))
        #expect(account.reset == nil)
    }
}
