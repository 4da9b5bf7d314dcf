import Curl
import Glibc
import HTTP
import JSON
import System

/// What `Tests/Benchmarks/http` runs beside curl.
///
///     http-benchmark serve MILLISECONDS         answers every GET after so long; prints its URL, ends with its input
///     http-benchmark get URL COUNT IN-FLIGHT    gets URL/item/N
///     http-benchmark pages URL COUNT            gets the first page, and each that the page before names
@main
struct Benchmark {
    static func main() async {
        do { try await run(Array(Swift.CommandLine.arguments.dropFirst())) } catch {
            print("http-benchmark: \(error)")
            exit(1)
        }
    }

    private static func run(_ words: [String]) async throws {
        let usage = Failure(.usage, "that is no command", "serve MS, get URL COUNT IN-FLIGHT, or pages URL COUNT")
        guard words.count >= 2, let command = words.first else { throw usage }
        if command == "serve", let delay = Int64(words[1]) { return try DelayedServer(delay: delay).run() }
        guard let base = URL(words[1]), words.count >= 3, let count = Int(words[2]) else { throw usage }
        switch command {
        case "get":
            guard words.count == 4, let inFlight = Int(words[3]) else { throw usage }
            try await get(base, count, inFlight)
        case "pages": try await pages(base, count)
        default: throw usage
        }
    }

    private static func client(_ base: URL, _ inFlight: Int) throws -> Client {
        Client(transport: try CurlTransport(), hosts: AllowedHosts([base.host]), maxInFlight: inFlight)
    }

    private static func get(_ base: URL, _ count: Int, _ inFlight: Int) async throws {
        let client = try client(base, inFlight)
        try await withThrowingTaskGroup { group in
            for number in 0..<count {
                group.addTask { _ = try await client.send(.get(base.appending("item", "\(number)"))) }
            }
            try await group.waitForAll()
        }
    }

    private static func pages(_ base: URL, _ count: Int) async throws {
        let client = try client(base, 16)
        var url = base.appending("item", "1")
        for _ in 0..<count {
            let page = try JSON(parsing: try await client.send(.get(url)).body)
            guard let next = page["next"]?.string.flatMap({ url.resolving($0) }) else {
                throw Failure(.software, "a page names no next", "")
            }
            url = next
        }
    }
}
