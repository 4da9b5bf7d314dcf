extension Provider {
    /// Every service that is known.
    public static let all: [Provider] = [
        google, dropbox, microsoft, slack, atlassian, notion, gitbook, github, gitlab, salesforce, hubspot,
    ]

    private static func row(
        _ name: String, _ title: String, page: String, authorize: String, token: String,
        _ differences: (inout Provider) -> Void
    ) -> Provider {
        var row = Provider(name: name, title: title, page: page, authorize: authorize, token: token)
        differences(&row)
        return row
    }

    private static let google = row(
        "google", "Google", page: "developers.google.com/identity/protocols/oauth2/web-server",
        authorize: "https://accounts.google.com/o/oauth2/v2/auth", token: "https://oauth2.googleapis.com/token"
    ) {
        $0.device = "https://oauth2.googleapis.com/device/code"
        $0.revocation = .form("https://oauth2.googleapis.com/revoke")
        $0.issuer = "https://accounts.google.com"
        $0.parameters = [("access_type", "offline"), ("prompt", "consent"), ("include_granted_scopes", "true")]
        $0.hintParameter = "login_hint"
        $0.scopeInAssertion = true
        $0.assertionLife = 3600
        // The administrator's policy asks for a person again.
        $0.errors = ["invalid_rapt": .signIn, "admin_policy_enforced": .configuration]
    }

    private static let dropbox = row(
        "dropbox", "Dropbox", page: "developers.dropbox.com/oauth-guide",
        authorize: "https://www.dropbox.com/oauth2/authorize", token: "https://api.dropboxapi.com/oauth2/token"
    ) {
        $0.revocation = .bearer("https://api.dropboxapi.com/2/auth/token/revoke")
        $0.parameters = [("token_access_type", "offline")]
        $0.redirect = .registered
        $0.extras = [("account_id", ["account_id"]), ("team_id", ["team_id"]), ("uid", ["uid"])]
    }

    private static let microsoft = row(
        "microsoft", "Microsoft Entra ID", page: "learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow",
        authorize: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        token: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    ) {
        $0.tenant = "organizations"
        $0.device = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode"
        $0.parameters = [("response_mode", "query")]
        $0.hintParameter = "login_hint"
        $0.offlineScopes = ["offline_access"]
        $0.redirect = .localhost
        $0.errors = ["authorization_declined": .signIn]
    }

    private static let slack = row(
        "slack", "Slack", page: "docs.slack.dev/authentication/installing-with-oauth",
        authorize: "https://slack.com/oauth/v2/authorize", token: "https://slack.com/api/oauth.v2.access"
    ) {
        $0.revocation = .bearer("https://slack.com/api/auth.revoke")
        $0.authentication = .basic
        $0.userScopeParameter = "user_scope"
        $0.scopeJoiner = ","
        $0.sendsResponseType = false
        // Only apps that opted in: "pkce_not_allowed".
        $0.sendsPKCE = false
        $0.redirect = .https
        $0.nestedToken = "authed_user"
        $0.extras = [
            ("team_id", ["team", "id"]), ("team_name", ["team", "name"]), ("enterprise_id", ["enterprise", "id"]),
            ("bot_user_id", ["bot_user_id"]), ("app_id", ["app_id"]), ("user_id", ["authed_user", "id"]),
        ]
    }

    private static let atlassian = row(
        "atlassian", "Atlassian", page: "developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps",
        authorize: "https://auth.atlassian.com/authorize", token: "https://auth.atlassian.com/oauth/token"
    ) {
        $0.encoding = .json
        $0.parameters = [("audience", "api.atlassian.com"), ("prompt", "consent")]
        $0.offlineScopes = ["offline_access"]
        $0.redirect = .registered
        // A refresh token that is spent is "unauthorized_client", a wrong secret "access_denied".
        $0.errors = ["unauthorized_client": .signIn, "access_denied": .configuration]
    }

    private static let notion = row(
        "notion", "Notion", page: "developers.notion.com/docs/authorization",
        authorize: "https://api.notion.com/v1/oauth/authorize", token: "https://api.notion.com/v1/oauth/token"
    ) {
        $0.revocation = .form("https://api.notion.com/v1/oauth/revoke")
        $0.authentication = .basic
        $0.encoding = .json
        $0.scopeParameter = nil
        $0.parameters = [("owner", "user")]
        $0.sendsPKCE = false
        $0.redirect = .registered
        $0.extras = [
            ("bot_id", ["bot_id"]), ("workspace_id", ["workspace_id"]), ("workspace_name", ["workspace_name"]),
        ]
    }

    private static let gitbook = row(
        "gitbook", "GitBook", page: "gitbook.com/docs/developers/gitbook-api/authentication",
        authorize: "https://oauth.gitbook.com/authorize", token: "https://oauth.gitbook.com/token"
    ) {
        $0.redirect = .registered
    }

    private static let github = row(
        "github", "GitHub", page: "docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps",
        authorize: "{base}/login/oauth/authorize", token: "{base}/login/oauth/access_token"
    ) {
        $0.base = "https://github.com"
        $0.api = "https://api.github.com"
        $0.apiBelow = "/api/v3"
        $0.device = "{base}/login/device/code"
        $0.revocation = .delete("{api}/applications/{client_id}/token")
        $0.hintParameter = "login"
    }

    private static let gitlab = row(
        "gitlab", "GitLab", page: "docs.gitlab.com/api/oauth2",
        authorize: "{base}/oauth/authorize", token: "{base}/oauth/token"
    ) {
        $0.base = "https://gitlab.com"
        $0.device = "{base}/oauth/authorize_device"
        $0.revocation = .form("{base}/oauth/revoke")
        $0.redirect = .registered
        $0.redirectOnRenewal = true
    }

    private static let salesforce = row(
        "salesforce", "Salesforce", page: "help.salesforce.com, OAuth Authorization Flows",
        authorize: "{base}/services/oauth2/authorize", token: "{base}/services/oauth2/token"
    ) {
        $0.base = "https://login.salesforce.com"
        $0.revocation = .form("{base}/services/oauth2/revoke")
        $0.hintParameter = "login_hint"
        $0.offlineScopes = ["refresh_token"]
        $0.redirect = .registered
        $0.extras = [("instance_url", ["instance_url"]), ("identity_url", ["id"])]
    }

    private static let hubspot = row(
        "hubspot", "HubSpot",
        page: "developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth",
        authorize: "https://app.hubspot.com/oauth/authorize", token: "https://api.hubapi.com/oauth/2026-03/token"
    ) {
        $0.revocation = .form("https://api.hubapi.com/oauth/2026-03/token/revoke")
        $0.redirect = .registered
        $0.extras = [("hub_id", ["hub_id"]), ("hub_user_id", ["user_id"])]
    }
}
