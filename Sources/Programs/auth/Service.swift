import Accounts
import CommandLine
import Connector
import Connectors
import HTTP
import OAuth
import Stream
import System

/// What an account's service is asked: to renew, to forget, to say who it is.
struct Service {
    private let account: String
    private let accounts: Accounts
    private let transport: any Transport

    init(_ account: String, _ arguments: Arguments) throws {
        self.account = account
        accounts = try Accounts.open(arguments)
        transport = try Network.transport(arguments)
    }

    func refresh() async throws {
        let credentials = try accounts.credentials(of: account)
        _ = try await BearerCredentials(
            credentials, store: accounts.store(of: account), allowedHosts: [], transport: transport
        ).renewed()
    }

    /// The account is removed whatever the service says: who signs out must not stay signed in here.
    func revoke(_ log: Log) async throws {
        let store = accounts.store(of: account)
        try await store.exclusively {
            let credentials = try await store.load()
            do {
                if try await !TokenEndpoint(transport: transport).revoke(credentials) {
                    log.warn(
                        "the service has no call that ends the tokens of '\(account)'",
                        "end them in the service's own settings")
                }
            } catch let failure as Failure {
                log.warn("\(failure.what), and '\(account)' is removed here", failure.remedy)
            }
            try await accounts.remove(account)
        }
    }

    /// - Throws: `Failure` with status `noPermission` where the service does not take the credentials.
    func test() async throws {
        let credentials = try accounts.credentials(of: account)
        guard let source = credentials.source, let connector = Sources.named(source) else {
            throw Failure(
                .configuration, "'\(account)' is of no source that can be tested", "sign in again: auth login SOURCE")
        }
        let client = Client(
            transport: transport,
            authoriser: BearerCredentials(
                credentials, store: accounts.store(of: account), allowedHosts: Set(connector.about.hosts),
                transport: transport), refine: { connector.verdict(on: $0) })
        do {
            try await Check.run(try connector.init(Settings()), API { try await client.send($0) }) {
                try Descriptor.standardOutput.write(Array($0.utf8))
            }
        } catch let failure as CallFailure {
            let isRefused = failure.status == 401 || failure.status == 403
            throw Failure(
                isRefused ? .noPermission : .unavailable, "\(account): \(failure)",
                isRefused ? "sign in again: auth login \(source) --account \(account)" : "try again later")
        }
    }
}
