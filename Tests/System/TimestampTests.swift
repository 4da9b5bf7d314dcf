import System
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2026-01-02T03:04:05Z", 1_767_323_045),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045), ("2026-01-01T21:34:05-05:30", 1_767_323_045),
        ("2026-01-02T03:04:05+0000", 1_767_323_045), ("2026-01-02t03:04:05z", 1_767_323_045),
        ("2026-01-02 03:04:05Z", 1_767_323_045), ("2026-01-02T03:04Z", 1_767_323_040),
        ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-02-29T12:00:00Z", 951_825_600),
        ("2016-12-31T23:59:60Z", 1_483_228_799), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("0001-01-01T00:00:00Z", -62_135_596_800), ("2026-12-31T23:59:59-00:00", 1_798_761_599),
    ]) func reads(_ text: String, _ seconds: Int64) throws {
        #expect(try #require(Timestamp(text)).seconds == seconds)
    }

    @Test(arguments: [
        ("2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.500Z"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.000001Z", "2026-01-02T03:04:05.000001Z"),
        ("1969-12-31T23:59:59.75Z", "1969-12-31T23:59:59.750Z"),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z"), ("2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
        ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z"),
    ]) func printsInUTC(_ text: String, _ printed: String) throws {
        #expect(try #require(Timestamp(text)).description == printed)
    }

    @Test(arguments: [
        "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-1-2T03:04:05Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:61Z",
        "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+01", "2026-01-02T03:04:05Zz",
        " 2026-01-02T03:04:05Z", "0000-01-01T00:00:00Z", "+2026-01-02T03:04:05Z", "2026-01-02T03:04:05+01:60",
        "२०२६-01-02T03:04:05Z", "yesterday",
    ]) func refuses(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func whatIsPrintedIsReadAgain() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            let moment = Timestamp(
                microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random))
            #expect(Timestamp(moment.description) == moment)
        }
    }

    /// RFC 9110, section 5.6.7.
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]) func readsTheFormsOfAnHTTPDate(_ text: String) {
        #expect(Timestamp(httpDate: text) == Timestamp("1994-11-06T08:49:37Z"))
    }

    /// A date in another zone was read as if it were in GMT: a pause of 30 s became one of hours.
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 UTC", "1994-11-06T08:49:37Z"),
        ("Sun, 06 Nov 1994 08:49:37 +0000", "1994-11-06T08:49:37Z"),
        ("Sun, 06 Nov 1994 09:49:37 +0100", "1994-11-06T08:49:37Z"),
        ("Sun, 06 Nov 1994 00:49:37 -0800", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 14:19:37 +0530", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Friday, 01-Jan-27 00:00:00 GMT", "2027-01-01T00:00:00Z"),
        ("Sun, 6 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
    ]) func theZoneOfAnHTTPDateCounts(_ text: String, _ moment: String) {
        #expect(Timestamp(httpDate: text) == Timestamp(moment))
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +01", "Sun, 06 Nov 1994 08:49:37 +9900", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37:00 GMT", "Sunday, 06-Nov-+4 08:49:37 GMT", "Sun Nov 6 08:49:37 -994",
        "", "Sun", "120", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "1994-11-06T08:49:37Z",
    ]) func refusesOtherDates(_ text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }

    @Test func writesAnHTTPDate() {
        #expect(Timestamp("1994-11-06T08:49:37Z")?.httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp("1969-12-31T00:00:00Z")?.httpDate == "Wed, 31 Dec 1969 00:00:00 GMT")
        var random = SeededRandom(seed: 2)
        for _ in 0..<5_000 {
            let moment = Timestamp(seconds: Int64.random(in: -2_000_000_000...250_000_000_000, using: &random))
            #expect(Timestamp(httpDate: moment.httpDate) == moment)
        }
    }

    @Test func counts() throws {
        let a = try #require(Timestamp("2024-02-28T23:59:59Z"))
        #expect((a + .seconds(2)).description == "2024-02-29T00:00:01Z")
        #expect((a - .milliseconds(1)).description == "2024-02-28T23:59:58.999Z")
        #expect((a + .seconds(3600)) - a == .seconds(3600))
        #expect(a < a + .microseconds(1))
    }
}
