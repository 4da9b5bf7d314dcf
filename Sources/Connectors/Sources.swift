import Connector

/// Every source there is, by name. A new connector is listed here, and the contract tests take it up.
public enum Sources {
    public static let all: [any Connector.Type] = [GoogleDrive.self]

    public static func named(_ name: String) -> (any Connector.Type)? { all.first { $0.about.source == name } }
    public static var names: [String] { all.map { $0.about.source } }
}
