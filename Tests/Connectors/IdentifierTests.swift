import Connector
import HTTP
import JSON
import Synchronization
import System
import Testing

@testable import Connectors

/// Ids come from outside: whatever stands in one, it stays one segment of the path, or the value of one field.
@Suite struct IdentifierTests {
    static let hostile = [
        "../../evil", "a/b", "a?b=c", "a#b", "a%2Fb", "..", ".", "a b", "ä€😀", "a&b=c", "a\nb", "https://evil.example/",
        "\\..\\x",
    ]

    @Test func readingsByPostAreDeclaredByTheirPaths() {
        var about = GoogleDrive.about
        #expect(!about.readsByPost("/graphql"))
        about.readsByPost = ["/graphql", "/v1/search/*"]
        #expect(about.readsByPost("/graphql") && about.readsByPost("/v1/search/a/b"))
        for path in ["/graphql/x", "/graphqlx", "/v1/search", "/v1/searches", "/v1/search-x", "/"] {
            #expect(!about.readsByPost(path))
        }
    }

    @Test(arguments: Sample.all, IdentifierTests.hostile) func anIdStaysOne(_ sample: Sample, _ id: String) async throws
    {
        let connector = try watched(sample.type, Tricks(), Findings())
        let partition = Partition("my_drive")
        func asked(_ id: String) async -> URL? {
            let log = SeenURL()
            let api = API { request in
                log.set(request.url)
                throw CallFailure(reason: "seen", message: "seen")
            }
            _ = try? await connector.find(id, in: Partitions([partition]), api)
            return log.url
        }
        let plain = try #require(await asked("plain"))
        let url = try #require(await asked(id))
        #expect(url.host == plain.host)
        let segments = url.path.split(separator: "/").map { PercentEncoding.decode($0) }
        #expect(segments.count == plain.path.split(separator: "/").count, "\(url)")
        #expect(url.queryFields.map(\.name) == plain.queryFields.map(\.name), "\(url)")
        #expect(segments.contains(id) || url.queryFields.contains { $0.value == id }, "\(url)")
    }

    final class SeenURL: Sendable {
        private let state = Mutex<URL?>(nil)
        var url: URL? { state.withLock { $0 } }
        func set(_ url: URL) { state.withLock { $0 = $0 ?? url } }
    }
}
