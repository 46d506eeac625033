import JSON
import Wire

extension TreeStatus {
    /// The status for programs: the asked node's fields, then `nodes` with all nodes, the asked one included.
    var json: JSONValue {
        var members = asked.fields
        members["command"] = nil
        members["nodes"] = .array(nodes.map { .object($0.fields) })
        members["complete"] = .bool(isComplete)
        return .object(members)
    }
}

extension TreeStatus.Trouble: CustomStringConvertible {
    /// The trouble as a sentence.
    public var description: String {
        let info = info ?? "it doesn't say why"
        guard let parent else { return info }
        return "the parent at \(parent.address) can't be had: \(info)"
    }
}
