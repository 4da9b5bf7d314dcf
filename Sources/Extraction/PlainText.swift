extension Format {
    /// Characters that are read as they stand: notes, source code, JSON, XML.
    static let text = Format(
        "text",
        mediaTypes: [
            "text/*", "*+json", "*+xml", "application/json", "application/x-ndjson", "application/xml",
            "application/javascript", "application/x-javascript", "application/ecmascript", "application/typescript",
            "application/x-sh", "application/x-yaml", "application/yaml", "application/toml", "application/sql",
            "application/x-httpd-php", "application/x-python", "application/x-perl", "application/x-ruby",
            "application/x-tex", "application/graphql",
        ],
        suffixes: [
            "txt", "text", "log", "json", "ndjson", "jsonl", "xml", "yaml", "yml", "toml", "ini", "conf",
            "tex",
            "sql", "sh", "py", "rb", "js", "ts", "go", "rs", "c", "h", "cpp", "java", "kt", "swift", "cs", "php", "css",
            "rst",
            "org", "adoc", "diff", "patch",
        ],
        input: .characters
    ) { input throws(Unreadable) in FormatOutput(utf8: input.bytes) }
}
