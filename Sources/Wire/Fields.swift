import JSON
import Tree

/// The fields of an object inside of a message. Types are checked strictly, with two exceptions: a number may be a
/// numeric string, as some servers of the base protocol send it, and `null` stands for an absent field.
struct Fields {
    private let members: JSONMembers

    init(_ members: JSONMembers) {
        self.members = members
    }

    init(_ value: JSONValue, _ field: String) throws(WireError) {
        guard let members = value.object else { throw .wrongType(field, "an object") }
        self.members = members
    }

    /// Whether a field is there. `null` counts as absent: some programs write it for a missing value.
    func has(_ key: String) -> Bool {
        if let value = members[key], value != .null { true } else { false }
    }

    subscript(key: String) -> JSONValue? {
        if let value = members[key], value != .null { value } else { nil }
    }

    private func required(_ key: String) throws(WireError) -> JSONValue {
        guard let value = self[key] else { throw .missing(key) }
        return value
    }

    // MARK: Plain values

    func string(_ key: String) throws(WireError) -> String {
        guard let text = try required(key).string else { throw .wrongType(key, "a string") }
        return text
    }

    func string(_ key: String, limitBytes: Int) throws(WireError) -> String {
        let text = try string(key)
        guard text.utf8.count <= limitBytes else { throw .tooLong(key, limitBytes) }
        return text
    }

    /// The name of an account, as servers tell it.
    func username() throws(WireError) -> String { try string("username", limitBytes: FieldBounds.nameBytes) }

    /// A secret that somebody has shown at another server.
    func boundedSecret() throws(WireError) -> Secret {
        Secret(try string("secret", limitBytes: FieldBounds.secretBytes))
    }

    func optionalString(_ key: String) throws(WireError) -> String? {
        has(key) ? try string(key) : nil
    }

    func optionalString(_ key: String, limitBytes: Int) throws(WireError) -> String? {
        has(key) ? try string(key, limitBytes: limitBytes) : nil
    }

    /// A number that can be counted on from, and be written down as it came.
    func count(_ key: String) throws(WireError) -> UInt64 {
        let number = try number(key)
        guard number <= FieldBounds.count else { throw .outOfRange(key, 0...FieldBounds.count) }
        return number
    }

    func number(_ key: String) throws(WireError) -> UInt64 {
        let value = try required(key)
        let number: UInt64
        if let integer = value.integer, integer >= 0 {
            number = UInt64(integer)
        } else if let text = value.string, let read = UInt64(text) {
            number = read
        } else {
            throw .wrongType(key, "a whole number")
        }
        guard number <= IdentityText.highestNumber else { throw .outOfRange(key, 0...IdentityText.highestNumber) }
        return number
    }

    func optionalNumber(_ key: String) throws(WireError) -> UInt64? {
        has(key) ? try number(key) : nil
    }

    func number<Small: FixedWidthInteger>(_ key: String, as type: Small.Type) throws(WireError) -> Small {
        let number = try number(key)
        guard let small = Small(exactly: number) else { throw .outOfRange(key, 0...UInt64(Small.max)) }
        return small
    }

    func bool(_ key: String) throws(WireError) -> Bool {
        let value = try required(key)
        if let bool = value.bool { return bool }
        // The original system writes true and false so.
        if value.string == "T" { return true }
        if value.string == "F" { return false }
        throw .wrongType(key, "true or false")
    }

    /// False where it is absent.
    func flag(_ key: String) throws(WireError) -> Bool { has(key) ? try bool(key) : false }

    /// The text for people.
    var info: String { self["info"]?.string ?? "" }

    /// - Parameter limit: how many elements it may have.
    func array(_ key: String, limit: Int = .max) throws(WireError) -> [JSONValue] {
        guard has(key) else { return [] }
        guard let array = try required(key).array else { throw .wrongType(key, "an array") }
        guard array.count <= limit else { throw .tooMany(key, limit) }
        return array
    }

    func object(_ key: String) throws(WireError) -> Fields { try Fields(try required(key), key) }

    // MARK: Values of the tree

    func secret(_ key: String) throws(WireError) -> Secret { Secret(try string(key)) }

    func optionalSecret(_ key: String) throws(WireError) -> Secret? {
        try optionalString(key).map { Secret($0) }
    }

    func address() throws(WireError) -> Address {
        let host = try string("hostname", limitBytes: FieldBounds.hostBytes)
        let port = try number("port", as: UInt16.self)
        guard !host.isEmpty else { throw WireError("the field hostname is empty") }
        guard port > 0 else { throw .outOfRange("port", 1...UInt64(UInt16.max)) }
        return Address(host: host, port: port)
    }

    func node(_ key: String) throws(WireError) -> NodeID {
        guard let node = IdentityText.node(try string(key)) else { throw .wrongType(key, "a node's id") }
        return node
    }

    func incarnation() throws(WireError) -> Incarnation { Incarnation(try number("incarnation")) }

    func origin(_ key: String) throws(WireError) -> Origin {
        guard let origin = IdentityText.origin(try string(key)) else { throw .wrongType(key, "an origin") }
        return origin
    }

    func optionalStamp(_ key: String) throws(WireError) -> Stamp? {
        try optionalNumber(key) == nil ? nil : stamp(key)
    }

    func stamp(_ key: String) throws(WireError) -> Stamp {
        let value = try number(key)
        guard value <= Stamp.limit.value else { throw .wrongType(key, "a stamp") }
        return Stamp(value)
    }

    func vector(_ key: String) throws(WireError) -> VersionVector {
        let (components, leftOut) = try components(key)
        return VersionVector(components, leftOut: leftOut)
    }

    /// A vector whose components may be 0.
    func changes(_ key: String) throws(WireError) -> VersionVector {
        VersionVector(changes: try components(key).components)
    }

    private func components(
        _ key: String
    ) throws(WireError) -> (components: [VersionVector.Component], leftOut: UInt64) {
        guard has(key) else { return ([], 0) }
        guard let members = try required(key).object else { throw .wrongType(key, "an object") }
        var components: [VersionVector.Component] = []
        components.reserveCapacity(members.count)
        var leftOut: UInt64 = 0
        for member in members.list where member.value != .null {
            if member.key == Self.leftOut {
                guard let text = member.value.string, let digest = UInt64(text) else {
                    throw .wrongType(key, "a version vector")
                }
                leftOut = digest
                continue
            }
            guard let origin = IdentityText.origin(member.key), let sequence = member.value.integer, sequence >= 0,
                sequence <= IdentityText.highestNumber
            else { throw .wrongType(key, "a version vector") }
            components.append(.init(origin: origin, sequence: UInt64(sequence)))
        }
        return (components, leftOut)
    }

    /// The member of a vector that has the digest of the origins that are left out.
    static let leftOut = "leftOut"

    func contact() throws(WireError) -> Contact {
        Contact(
            node: has("id") ? try node("id") : nil,
            incarnation: has("incarnation") ? try incarnation() : nil, address: try address(),
            secret: try optionalSecret("secret"))
    }

    func contacts(_ key: String, limit: Int = FieldBounds.contacts) throws(WireError) -> [Contact] {
        var contacts: [Contact] = []
        for value in try array(key, limit: limit) { contacts.append(try Fields(value, key).contact()) }
        return contacts
    }

    func label(_ key: String) throws(WireError) -> Label {
        let fields = try object(key)
        let depth = try fields.number("depth", as: UInt32.self)
        guard depth <= 10_000 else { throw .outOfRange("depth", 0...10_000) }
        return Label(term: try fields.number("term"), root: try fields.node("root"), depth: depth)
    }

    func claim(_ key: String) throws(WireError) -> RootClaim {
        let fields = try object(key)
        return RootClaim(
            priority: try fields.priority(), reign: try fields.optionalNumber("reign"), root: try fields.contact())
    }

    func priority() throws(WireError) -> Int32 {
        guard let priority = try required("priority").integer.flatMap({ Int32(exactly: $0) }) else {
            throw .wrongType("priority", "a whole number")
        }
        return priority
    }

    func nodes(_ key: String) throws(WireError) -> [NodeID] {
        var nodes: [NodeID] = []
        for value in try array(key, limit: FieldBounds.nodes) {
            guard let node = value.string.flatMap({ IdentityText.node($0) }) else {
                throw .wrongType(key, "node ids")
            }
            nodes.append(node)
        }
        return nodes
    }

    func question(_ key: String = "request") throws(WireError) -> QuestionID {
        guard let id = try optionalQuestion(key) else { throw .missing(key) }
        return id
    }

    func optionalQuestion(_ key: String = "request") throws(WireError) -> QuestionID? {
        guard let text = try optionalString(key) else { return nil }
        guard let (asker, count) = IdentityText.entry(text) else { throw .wrongType(key, "a question's id") }
        return QuestionID(asker: asker, count: count)
    }
}

/// The fields of a message, or of an object in one, in the order in which they are written.
typealias Members = [(key: String, value: JSONValue)]

/// The values of the tree as they are written.
extension JSONValue {
    static func number(_ number: some BinaryInteger) -> JSONValue { .integer(Int64(number)) }
    static func decimal(_ number: UInt64) -> JSONValue { .string(String(number)) }
    static func node(_ node: NodeID) -> JSONValue { .string(IdentityText.text(node)) }

    static func nodes(_ nodes: [NodeID]) -> JSONValue { .array(nodes.map { .node($0) }) }

    static func object(_ members: Members) -> JSONValue {
        .object(JSONMembers(unique: members.map { JSONMembers.Member(key: $0, value: $1) }))
    }

    static func vector(_ vector: VersionVector) -> JSONValue {
        object(
            vector.components.map { (IdentityText.text($0.origin), number($0.sequence)) }
                + (vector.leftOut == 0 ? [] : [(Fields.leftOut, .decimal(vector.leftOut))]))
    }

    static func address(_ address: Address) -> Members {
        [("hostname", .string(address.host)), ("port", number(address.port))]
    }

    /// The original system's programs read and write a port as a string.
    static func originalAddress(_ address: Address) -> Members {
        [("hostname", .string(address.host)), ("port", .decimal(UInt64(address.port)))]
    }

    static func contact(_ contact: Contact) -> JSONValue { object(members(of: contact)) }

    static func members(of contact: Contact) -> Members {
        var members: Members = []
        if let node = contact.node { members.append(("id", .node(node))) }
        if let incarnation = contact.incarnation { members.append(("incarnation", .decimal(incarnation.value))) }
        members += address(contact.address)
        if let secret = contact.secret { members.append(("secret", .string(secret.text))) }
        return members
    }

    static func contacts(_ contacts: [Contact]) -> JSONValue { .array(contacts.map { .contact($0) }) }

    static func label(_ label: Label) -> JSONValue {
        object([("term", number(label.term)), ("root", .node(label.root)), ("depth", number(label.depth))])
    }

    static func claim(_ claim: RootClaim) -> JSONValue {
        var members = members(of: claim.root) + [("priority", number(claim.priority))]
        if let reign = claim.reign { members.append(("reign", number(reign))) }
        return object(members)
    }

    static func question(_ question: QuestionID) -> JSONValue {
        .string("\(IdentityText.text(question.asker)).\(question.count)")
    }
}
