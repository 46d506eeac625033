extension RandomAccessCollection where Index == Int {
    /// The first index whose element is beyond what is looked for; `endIndex` for none (a binary search). The elements
    /// that are beyond it have to stand behind all others.
    func partitioningIndex(where isBeyond: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
