import Connector
import HTTP
import JSON
import Testing

/// The mirrors that most tests begin with, made once: what the sample's runs leave when nothing goes wrong.
actor Prepared {
    private static let shared = Prepared()
    private var made: [String: Task<(Kept, Fetched), any Error>] = [:]

    /// After the first run.
    static func afterFirst(_ sample: Sample) async throws -> (mirror: Mirror, fetched: Fetched) {
        try await shared.get(sample.source + " first") {
            let mirror = try Mirror(sample)
            return (mirror, try await mirror.run(sample.first).fetched)
        }
    }

    /// After a complete listing over the second capture, on top of the first run.
    static func afterSecond(_ sample: Sample) async throws -> (mirror: Mirror, fetched: Fetched) {
        try await shared.get(sample.source + " second") {
            let mirror = try await afterFirst(sample).mirror
            return (mirror, try await mirror.run(sample.second, .init(listing: .full)).fetched)
        }
    }

    private func get(
        _ name: String, _ make: @escaping @Sendable () async throws -> (mirror: Mirror, fetched: Fetched)
    ) async throws -> (mirror: Mirror, fetched: Fetched) {
        let task =
            made[name]
            ?? Task {
                let (mirror, fetched) = try await make()
                return (try Kept(mirror), fetched)
            }
        made[name] = task
        let (kept, fetched) = try await task.value
        return (try Mirror(copying: kept), fetched)
    }
}
