import Testing

@testable import Tree

/// The state of the core has owners: a node itself keeps the way in, the turn, and its parts.
@Suite struct OwnersTests {
    @Test func aNodeHasFewStoredProperties() {
        let properties = Mirror(reflecting: NodeBench().node).children.compactMap(\.label)
        #expect(properties.count <= 25, "a part of the node is the place for what is new: \(properties)")
        #expect(properties.contains("topology"))
    }
}
