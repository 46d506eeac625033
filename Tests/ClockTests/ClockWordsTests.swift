import Testing
import Tree

@testable import Clock

@Suite("The clock's refusals and its saved bound")
struct ClockWordsTests {
    @Test("an asker that has seen the last stamp is told how far ahead that is")
    func endOfTime() {
        let ahead = Duration.milliseconds(Int64(Stamp(Stamp.limit.value - 1).milliseconds))
        #expect(
            StampSource.Refusal.seenTooFarAhead(ahead).words(ClockLimits())
                == "seen lies 35184372088831 ms ahead of the clock's time, more than the 10000 ms of --max-clock-skew")
    }

    @Test("the saved bound is read back as it was written, and other texts are refused")
    func savedBound() {
        let saved = SavedBound(epoch: 3, bound: Stamp(1 << 62))
        #expect(SavedBound(decoding: saved.encoded) == saved)
        for text in ["", "{}", "5", #"{"epoch":"1"}"#, #"{"epoch":"1","bound":"-4"}"#, #"{"epoch":1,"bound":2}"#] {
            #expect(SavedBound(decoding: Array(text.utf8)) == nil)
        }
    }
}
