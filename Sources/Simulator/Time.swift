// Virtual time, in nanoseconds since the start of a run. Spans are in nanoseconds too.

let microsecond: UInt64 = 1000
let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000_000_000
