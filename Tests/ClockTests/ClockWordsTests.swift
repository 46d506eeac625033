import Testing
import Tree

@testable import Clock

@Suite("What the clock says of a refusal, and what it saves")
struct ClockWordsTests {
    @Test("who has seen the end of time is told how far ahead that is")
    func endOfTime() {
        let ahead = Duration.milliseconds(Int64(Stamp(Stamp.limit.value - 1).milliseconds))
        #expect(
            StampSource.Refusal.seenTooFarAhead(ahead).words(ClockLimits())
                == "seen lies 35184372088831 ms ahead of the clock's time, more than the 10000 ms of --max-clock-skew")
    }

    @Test("the saved bound is read back as it was written, and nothing else is taken for one")
    func savedBound() {
        let saved = SavedBound(epoch: 3, bound: Stamp(1 << 62))
        #expect(SavedBound(decoding: saved.encoded) == saved)
        for text in ["", "{}", "5", #"{"epoch":"1"}"#, #"{"epoch":"1","bound":"-4"}"#, #"{"epoch":1,"bound":2}"#] {
            #expect(SavedBound(decoding: Array(text.utf8)) == nil)
        }
    }
}
