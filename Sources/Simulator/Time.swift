// Virtual time is counted in nanoseconds from the start of a run; spans too.

let microsecond: UInt64 = 1000
let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000_000_000
