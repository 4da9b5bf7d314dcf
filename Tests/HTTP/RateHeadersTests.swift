import HTTP
import Pacing
import System
import Testing

/// What each service tells of its pace, as its documentation shows it. The answer's date is 1,800,000,000 (2027-01-15T08:00:00Z).
@Suite struct RateHeadersTests {
    struct Told: Sendable, CustomStringConvertible {
        let page: String
        let headers: Headers
        var body = ""
        var status = 200
        var windows: [RateWindow] = []
        var pause: Duration?
        var description: String { page }
    }

    static let hour = Duration.seconds(3600)
    static let services: [Told] = [
        Told(
            page: "GitHub, Rate limits for the REST API",
            headers: [
                "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4987", "x-ratelimit-used": "13",
                "x-ratelimit-reset": "1800001800", "x-ratelimit-resource": "core",
            ],
            windows: [
                RateWindow(
                    name: "core", limit: 5000, remaining: 4987, rest: .seconds(1800), end: 1_800_001_800_000_000)
            ]),
        Told(
            page: "GitLab, Rate limits: Response headers",
            headers: [
                "RateLimit-Limit": "60", "RateLimit-Name": "throttle_authenticated_web", "RateLimit-Observed": "67",
                "RateLimit-Remaining": "0", "RateLimit-Reset": "1800000030", "Retry-After": "30",
                "RateLimit-ResetTime": "Fri, 15 Jan 2027 08:00:30 GMT",
            ],
            status: 429,
            windows: [
                RateWindow(
                    name: "throttle_authenticated_web", limit: 60, remaining: 0, rest: .seconds(30),
                    end: 1_800_000_030_000_000)
            ], pause: .seconds(30)),
        Told(page: "Slack, Rate limits", headers: ["Retry-After": "30"], status: 429, pause: .seconds(30)),
        Told(
            page: "HubSpot, API usage guidelines and limits",
            headers: [
                "X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "249999",
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "X-HubSpot-RateLimit-Max": "100",
                "X-HubSpot-RateLimit-Remaining": "99",
            ],
            windows: [
                RateWindow(name: "interval", limit: 100, remaining: 99, length: .seconds(10)),
                RateWindow(name: "daily", limit: 250_000, remaining: 249_999, length: .seconds(86_400)),
            ]),
        Told(
            page: "Salesforce, Limit Info Header",
            headers: ["Sforce-Limit-Info": "api-usage=18/5000; per-app-api-usage=17/250(appName=sample-app)"],
            windows: [RateWindow(name: "api-usage", limit: 5000, remaining: 4982, length: .seconds(86_400))]),
        Told(
            page: "Jira Cloud, Rate limiting",
            headers: [
                "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2027-01-15T08:00:20Z",
                "Retry-After": "20", "RateLimit-Reason": "jira-burst-based",
            ],
            status: 429,
            windows: [
                RateWindow(limit: 100, remaining: 0, rest: .seconds(20), end: 1_800_000_020_000_000)
            ], pause: .seconds(20)),
        Told(
            page: "Jira Cloud, Rate limiting: near the limit",
            headers: ["X-RateLimit-Limit": "100", "X-RateLimit-NearLimit": "true"],
            windows: [RateWindow(limit: 100, remaining: 20)]),
        Told(
            page: "Jira Cloud, Rate limiting: points",
            headers: [
                "Beta-RateLimit-Policy": "\"global-app-quota\";q=65000;w=3600",
                "Beta-RateLimit": "\"global-app-quota\";r=64000;t=1800",
            ],
            windows: [
                RateWindow(
                    name: "global-app-quota", limit: 65_000, remaining: 64_000, rest: .seconds(1800), length: hour)
            ]),
        Told(
            page: "Jira Data Center, Adjusting your code for rate limiting",
            headers: [
                "X-RateLimit-Limit": "120", "X-RateLimit-Remaining": "7", "X-RateLimit-FillRate": "10",
                "X-RateLimit-Interval-Seconds": "60", "Retry-After": "0",
            ],
            windows: [RateWindow(limit: 120, remaining: 7, length: .seconds(60))]),
        Told(
            page: "draft-ietf-httpapi-ratelimit-headers-10, 1.1",
            headers: [
                "RateLimit-Policy": "\"burst\";q=100;w=60,\"daily\";q=1000;w=86400",
                "RateLimit": "\"burst\";r=50;t=30, \"daily\";r=900;t=80000",
            ],
            windows: [
                RateWindow(name: "burst", limit: 100, remaining: 50, rest: .seconds(30), length: .seconds(60)),
                RateWindow(
                    name: "daily", limit: 1000, remaining: 900, rest: .seconds(80_000), length: .seconds(86_400)),
            ]),
        Told(
            page: "draft-ietf-httpapi-ratelimit-headers-07, 5",
            headers: ["RateLimit": "limit=100, remaining=50, reset=5", "RateLimit-Policy": "100;w=10"],
            windows: [RateWindow(limit: 100, remaining: 50, rest: .seconds(5), length: .seconds(10))]),
        Told(
            page: "draft-ietf-httpapi-ratelimit-headers-03, 3",
            headers: ["RateLimit-Limit": "100, 100;w=10", "RateLimit-Remaining": "50", "RateLimit-Reset": "5"],
            windows: [RateWindow(limit: 100, remaining: 50, rest: .seconds(5), length: .seconds(10))]),
        Told(
            page: "Microsoft Graph, SharePoint: Avoid getting throttled",
            headers: ["RateLimit-Limit": "1200", "RateLimit-Remaining": "120", "RateLimit-Reset": "5"],
            windows: [RateWindow(limit: 1200, remaining: 120, rest: .seconds(5))]),
        Told(
            page: "Microsoft Graph, throttling: a fraction", headers: ["Retry-After": "2.128"], status: 429,
            pause: .milliseconds(2128)),
        Told(
            page: "Notion, Request limits", headers: [:],
            body: #"{"object":"error","status":429,"code":"rate_limited","additional_data":{"retry_after":"42"}}"#,
            status: 429, pause: .seconds(42)),
        Told(
            page: "GitBook, Rate limiting",
            headers: [
                "X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset": "1800000060",
            ],
            windows: [
                RateWindow(limit: 1000, remaining: 999, rest: .seconds(60), end: 1_800_000_060_000_000)
            ]),
        Told(
            page: "Dropbox, Error handling: rate limits", headers: [:],
            body:
                #"{"error_summary":"too_many_requests/..","error":{"reason":{".tag":"too_many_requests"},"retry_after":15}}"#,
            status: 429, pause: .seconds(15)),
        Told(
            page: "Gmail API, Resolve errors: user-rate limit exceeded", headers: [:],
            body:
                #"{"error":{"code":429,"message":"User-rate limit exceeded.  Retry after 2027-01-15T08:00:15.500Z"}}"#,
            status: 429, pause: .milliseconds(15_500)),
        Told(
            page: "RFC 9110, 10.2.3: a date", headers: ["Retry-After": "Fri, 15 Jan 2027 08:00:10 GMT"], status: 503,
            pause: .seconds(10)),
    ]

    @Test(arguments: services) func whatIsToldIsRead(_ told: Told) {
        let response = Response(
            status: told.status, headers: told.headers, body: .init(told.body), date: Timestamp(seconds: 1_800_000_000))
        #expect(response.rateWindows == told.windows)
        #expect(response.retryAfter == told.pause)
    }

    static let nonsense: [Headers] = [
        ["RateLimit": ""], ["RateLimit": ";;;=,,"], ["RateLimit": "\"a\";r=x"], ["RateLimit": "r=99999999999999999999"],
        ["Sforce-Limit-Info": "api-usage=/"], ["Sforce-Limit-Info": "api-usage=5/0"], ["Sforce-Limit-Info": "nothing"],
        ["X-RateLimit-Remaining": "5", "X-RateLimit-Reset": ""], ["X-HubSpot-RateLimit-Max": "100"],
    ]
    @Test(arguments: nonsense) func nonsenseTellsNothing(headers: Headers) {
        let response = Response(
            status: 429, headers: headers, body: .init("Retry after all"), date: Timestamp(seconds: 1_800_000_000))
        #expect(response.rateWindows == [])
        #expect(response.retryAfter == nil)
    }
}
