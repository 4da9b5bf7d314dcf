import Documents
import Testing

/// Who may read, as it is written.
@Suite struct PrincipalTests {
    @Test(arguments: [
        ("Ann@Example.COM", "ann@example.com"), ("ÄNN@example.com", "änn@example.com"),
        ("\"a@b\"@example.com", "\"a@b\"@example.com"),
    ]) func anAddressIsAUserInSmallLetters(_ text: String, _ printed: String) {
        #expect(Principal.user(address: text)?.description == printed)
    }

    /// What could be taken for another kind of principal is no address.
    @Test(arguments: [
        nil, "", "ann", "@example.com", "ann@", "ann b@example.com", "ann@example.com\n", "domain:x@example.com",
        "group:google_drive:x@example.com", "public", "link", "\u{A0}@example.com",
    ]) func otherTextsAreNobody(_ text: String?) {
        #expect(Principal.user(address: text) == nil)
    }

    @Test func theOthersSayWhatTheyAre() {
        #expect(Principal.user(connection: "github", id: "17").description == "user:github:17")
        #expect(Principal.group(connection: "slack", id: "C012").description == "group:slack:C012")
        #expect(Principal.domain("Example.com")?.description == "domain:example.com")
        #expect(Principal.link.description == "link")
        #expect(Principal.everybody.description == "public")
        for name in [nil, "", "a b", "a\tb"] { #expect(Principal.domain(name) == nil) }
    }

    @Test func aListIsSortedByItsBytesAndNamesEachOnce() {
        let all = [
            Principal.everybody, .user(address: "b@x.org"), .user(address: "A@x.org"), .user(address: "a@X.org"), .link,
            .domain("x.org"), .user(address: "é@x.org"), .group(connection: "s", id: "Z"),
            .group(connection: "s", id: "a"),
        ].compactMap { $0 }
        #expect(
            all.sortedUnique == [
                "a@x.org", "b@x.org", "domain:x.org", "group:s:Z", "group:s:a", "link", "public", "é@x.org",
            ])
        #expect([Principal]().sortedUnique.isEmpty)
    }
}
