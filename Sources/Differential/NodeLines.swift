/// What others usually say to a node: lines that lead far into it.
enum NodeLines {
    /// Somebody who connects, by what is said first.
    enum Caller: Int, CaseIterable {
        case guest
        case user
        case node
        case baseServer
        case originalServer
        case tool
    }

    /// - Parameter number: of the connection, by which the callers differ.
    static func first(of caller: Caller, number: Int) -> [String] {
        let letter = ["a", "b", "c", "d"][number]
        switch caller {
        case .guest:
            return [#"{"command":"LOGIN","username":"anonymous","session":"\#(letter)","features":["gap","waits"]}"#]
        case .user:
            return [
                #"{"command":"REGISTER","username":"user \#(letter)","secret":"s"}"#,
                #"{"command":"LOGIN","username":"user \#(letter)","secret":"s","vector":{},"session":"\#(letter)"}"#,
            ]
        case .node:
            return [
                #"{"command":"AUTHENTICATE","secret":"s","mysecret":"s","hostname":"n\#(letter)","port":1,"#
                    + #""id":"liarliarliar\#(letter)","incarnation":"1","attempt":1,"leaf":true,"size":1,"#
                    + #""order":"causal","stamp":"0","label":{"term":0,"root":"liarliarliar\#(letter)","depth":0},"#
                    + #""stored":{},"safe":{}}"#,
                #"{"command":"SYNCHRONISED"}"#,
            ]
        case .baseServer: return [#"{"command":"AUTHENTICATE","secret":"s"}"#]
        case .originalServer:
            return [
                #"{"command":"AUTHENTICATE","secret":"s","mysecret":"s","hostname":"o\#(letter)","port":"3780"}"#
            ]
        case .tool: return [#"{"command":"STATUS","secret":"s"}"#]
        }
    }

    static let usual = [
        #"{"command":"AUTHENTICATE","secret":"s","mysecret":"s","hostname":"localhost","port":1,"id":"liarliarliarl""#
            + #","incarnation":"1","attempt":1,"leaf":true,"size":1,"order":"causal","stamp":"0""#
            + #","label":{"term":0,"root":"liarliarliarl","depth":0},"stored":{},"safe":{}}"#,
        #"{"command":"AUTHENTICATE","secret":"s"}"#,
        #"{"command":"LOGIN","username":"anonymous"}"#,
        #"{"command":"REGISTER","username":"anna","secret":"s"}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"x":1}}"#,
        #"{"command":"SYNCHRONISED"}"#,
        #"{"command":"HEARTBEAT","label":{"term":0,"root":"liarliarliarl","depth":0},"size":1}"#,
        #"{"command":"GAP","origin":"liarliarliarl.1","from":1,"through":5}"#,
        #"{"command":"VECTORS","stored":{},"safe":{}}"#,
        #"{"command":"ACKNOWLEDGE","stored":1,"safe":0,"confirmed":0}"#,
        #"{"command":"COMPARE_ENTRIES","ranges":[{"from":"liarliarliarl.1.1","through":1,"digest":"7"}]}"#,
        // Clients.
        #"{"command":"LOGIN","username":"anna","secret":"s","session":"a","vector":{"liarliarliara.1":2}}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"anna","secret":"s","activity":{"x":1},"cseq":1}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"anna","activity":{"x":2},"cseq":2}"#,
        #"{"command":"CHANGE_SECRET","username":"anna","secret":"s","new_secret":"t"}"#,
        #"{"command":"LOGOUT"}"#, #"{"command":"PING","id":"1"}"#, #"{"command":"INVALID_MESSAGE","info":"i"}"#,
        // Links.
        #"{"command":"ACTIVITY_BROADCAST","hop":0,"activity":{"authenticated_user":"anna"},"#
            + #""id":"liarliarliara.1.1","stamp":"100","copies":1}"#,
        #"{"command":"ACTIVITY_BROADCAST","hop":0,"activity":{"authenticated_user":"anna"},"#
            + #""id":"liarliarliara.1.2","stamp":"9000000000","session":"a","cseq":1,"copies":1}"#,
        #"{"command":"ACTIVITY_BROADCAST","activity":{"authenticated_user":"anna"}}"#,
        #"{"command":"GAP","origin":"liarliarliara.1","from":1,"through":1}"#,
        #"{"command":"WATERMARK","stamp":"1000"}"#, #"{"command":"STABLE","held":{"liarliarliara.1":1}}"#,
        #"{"command":"TREE","label":{"term":5,"root":"liarliarliara","depth":1},"path":[],"heirs":[],"siblings":[],"#
            + #""uncles":[]}"#,
        #"{"command":"RAISE","term":5,"by":"liarliarliara.1"}"#,
        #"{"command":"LEAVING","others":[{"hostname":"h","port":3780,"id":"liarliarliarb"}]}"#,
        #"{"command":"HAND_OVER","term":4}"#,
        #"{"command":"AUTHENTICATION_FAIL","info":"full","why":"full","others":[{"hostname":"h","port":2}]}"#,
        #"{"command":"SERVER_ANNOUNCE","id":"liarliarliara","hostname":"h","port":3780,"load":3,"#
            + #""incarnation":"1","count":4}"#,
        #"{"command":"SERVER_ANNOUNCE","id":"some","hostname":"h","port":3781,"load":3}"#,
        #"{"command":"LOCK_REQUEST","username":"dave","request":"liarliarliara.1.4","stamp":"99"}"#,
        #"{"command":"LOCK_REQUEST","username":"dave","secret":"x"}"#,
        #"{"command":"LOCK_ALLOWED","username":"anna","secret":"x"}"#,
        #"{"command":"LOGIN_REQUEST","username":"anna","request":"liarliarliara.1.5","stamp":"99"}"#,
        #"{"command":"LOGIN_DENIED","username":"anna","secret":"s"}"#,
        #"{"command":"COMPARE_BANS","sum":"7"}"#, #"{"command":"FETCH_BANS","bans":["7"]}"#,
        #"{"command":"BANS","bans":[{"username":"bob","stamp":"9","origin":"liarliarliara.1","until":9000000}]}"#,
        #"{"command":"FETCH_ACCOUNTS","prefix":"","records":["7"]}"#,
        #"{"command":"COMPARE_ACCOUNTS","ranges":[["","7",17]]}"#,
        #"{"command":"REDIRECTED","username":"anna","to":"liarliarliara"}"#,
        #"{"command":"SESSIONS_REQUEST","request":"liarliarliara.1.6","action":"list","limit":3}"#,
        #"{"command":"SESSIONS_REQUEST","request":"liarliarliara.1.8","action":"balance","target":1,"rate":20}"#,
        #"{"command":"HELD_REQUEST","request":"liarliarliara.1.7","wanted":{"liarliarliara.1":1}}"#,
        #"{"command":"RECORD_REQUEST","request":"liarliarliara.1.9","username":"anna","stamp":"99","#
            + #""origin":"liarliarliara.1","copies":1}"#,
        #"{"command":"REACH_REQUEST","request":"liarliarliara.1.10","root":"liarliarliara","#
            + #""missing":[{"id":"liarliarliarb","incarnation":"1","hostname":"h","port":3781,"secret":"s"}]}"#,
        #"{"command":"REACHED","request":"liarliarliara.1.10"}"#,
        #"{"command":"PASS_REIGN","term":4,"attempt":9,"priority":0,"path":[],"#
            + #""target":{"id":"liarliarliarb","incarnation":"1","hostname":"h","port":3781,"secret":"s"}}"#,
        // Roots of other trees, and tools.
        #"{"command":"PROBE","secret":"s","#
            + #""sender":{"id":"liarliarliarc","incarnation":"1","hostname":"h","port":3780,"secret":"s"},"#
            + #""label":{"term":9,"root":"liarliarliarc","depth":0},"order":"causal","stamp":"0"}"#,
        #"{"command":"STATUS","secret":"s"}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"list","page":0}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"remove","username":"anna"}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"reset","username":"anna","new_secret":"new"}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"sessions","limit":7}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"end","username":"anna"}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"ban","username":"anna","seconds":1}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"unban","username":"anna"}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"drain","rate":5}"#,
        #"{"command":"ADMINISTER","secret":"s","action":"rebalance","rate":5}"#,
        // Beyond what anybody believes.
        #"{"command":"RAISE","term":2305843009213693953,"by":"liarliarliara.1"}"#,
    ]
}
