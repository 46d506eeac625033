/// Pseudo-random numbers from a seed: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// 2014).
public struct RandomNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A duration in this range, with a resolution of one nanosecond.
    public mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(
            Int64.random(in: range.lowerBound.wholeNanoseconds...range.upperBound.wholeNanoseconds, using: &self))
    }

    /// A duration between 80 % and 120 % of the given one.
    public mutating func around(_ duration: Duration) -> Duration {
        self.duration(in: duration * 4 / 5...duration * 6 / 5)
    }

    /// The next numbers as 26 characters of base 32: 130 bits, as in the base protocol's ids. The state doesn't
    /// advance.
    var token: String {
        var numbers = self
        return String(unsafeUninitializedCapacity: 26) { characters in
            for place in 0..<26 { characters[place] = Base32.character(numbers.next() >> 59) }
            return 26
        }
    }

    /// 26 characters of base 32 for the 128 bits of a digest.
    static func token(of digest: SecretDigest) -> String {
        String(unsafeUninitializedCapacity: 26) { characters in
            var (high, low) = (digest.high, digest.low)
            for place in 0..<26 {
                characters[place] = Base32.character(low)
                low = low >> 5 | high << 59
                high >>= 5
            }
            return 26
        }
    }
}
