import System

/// The tables of the destination `postgres:`. They are those of SQLite (see `Schema`), and are for users to read: names and columns stay.
///
///     -- who may read a document, and what a person may read
///     select principal from document_permissions where semantic_id = 'google_drive:1AbC';
///     select semantic_id from document_permissions where principal in ('ann@example.com', 'domain:example.com', 'public');
///     -- full text search
///     select d.title from documents_search s join documents d using (semantic_id)
///         where s.search @@ websearch_to_tsquery('simple', 'plan');
///
/// Row security keeps everybody but the owner of the schema to the documents of one reader, and to none until it is told which:
///
///     grant usage on schema sluice to app; grant select on documents, documents_search, document_principals to app;
///     -- as app
///     set sluice.reader = 'ann@example.com'; select title from documents;
///
/// Keys have the collation "C", in which what is under a document's key is one range of the index.
struct PostgreSQLSchema {
    /// The name of the schema, quoted.
    let name: String
    let serverVersion: Int

    init(_ name: String, serverVersion: Int) {
        self.name = PostgreSQLSchema.quoted(name)
        self.serverVersion = serverVersion
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Each takes the tables from one format to the next. The last one is what this version knows.
    var steps: [String] { [tables + views, rowSecurity] }
    static let format: Int64 = 2

    private var tables: String {
        """
        create table sluice(format bigint not null, search boolean not null);
        insert into sluice values(0, true);

        create table documents(
            semantic_id text collate "C" primary key,
            connection text collate "C" not null,
            id text not null,
            content text,
            title text,
            url text,
            author text,
            created_at text,
            updated_at text,
            partition text collate "C",
            parent text,
            metadata jsonb not null,
            extracted_at bigint not null) with (fillfactor = 90);
        -- Not by extracted_at too: a document that is only seen again then stays in its page, and no index is written.
        create index documents_partition on documents(connection, partition);

        create table document_principals(
            semantic_id text collate "C" not null, principal text collate "C" not null,
            primary key(semantic_id, principal));
        create index document_principals_principal on document_principals(principal);

        create table groups(
            id text collate "C" primary key, connection text collate "C" not null, source text, partition text, name text,
            extracted_at bigint not null);
        create index groups_partition on groups(connection, partition, extracted_at);
        create table group_members(
            id text collate "C" not null, member text collate "C" not null, primary key(id, member));
        create index group_members_member on group_members(member);
        create table group_rules(
            id text collate "C" not null, clause text collate "C" not null, primary key(id, clause));
        create index group_rules_clause on group_rules(clause);

        create table failures(
            semantic_id text collate "C" primary key, partition text, stage text not null, reason text not null,
            attempts bigint not null, at bigint, folder text not null);
        create index failures_folder on failures(folder, semantic_id);
        create table states(
            folder text primary key, value text not null, run text, checkpoint bigint, swept text not null);
        create table connections(name text primary key, tenant text not null);

        create table documents_search(semantic_id text collate "C" primary key, search tsvector not null);
        create index documents_search_search on documents_search using gin(search);

        -- A tsvector holds a mebibyte. Of a text with more different words the first are found.
        create function document_terms(title text, content text) returns tsvector immutable language plpgsql as $$
        begin
            if coalesce(octet_length(title), 0) + coalesce(octet_length(content), 0) < 100000 then
                return setweight(to_tsvector('pg_catalog.simple', coalesce(title, '')), 'A')
                    || to_tsvector('pg_catalog.simple', coalesce(content, ''));
            end if;
            title := left(title, 10000);
            begin
                return setweight(to_tsvector('pg_catalog.simple', coalesce(title, '')), 'A')
                    || to_tsvector('pg_catalog.simple', coalesce(content, ''));
            exception when program_limit_exceeded then
                return setweight(to_tsvector('pg_catalog.simple', coalesce(title, '')), 'A')
                    || to_tsvector('pg_catalog.simple', coalesce(left(content, 100000), ''));
            end;
        end $$;
        create function document_written() returns trigger language plpgsql as $$
        begin
            insert into \(name).documents_search
                values(new.semantic_id, \(name).document_terms(new.title, new.content))
                on conflict(semantic_id) do update set search = excluded.search;
            return null;
        end $$;
        create function documents_gone() returns trigger language plpgsql as $$
        begin
            delete from \(name).document_principals p using gone g where p.semantic_id = g.semantic_id;
            delete from \(name).documents_search s using gone g where s.semantic_id = g.semantic_id;
            return null;
        end $$;
        create function groups_gone() returns trigger language plpgsql as $$
        begin
            delete from \(name).group_members m using gone g where m.id = g.id;
            delete from \(name).group_rules r using gone g where r.id = g.id;
            return null;
        end $$;
        \(searchTriggers)
        create trigger documents_removed after delete on documents referencing old table as gone
            for each statement execute function documents_gone();
        create trigger groups_removed after delete on groups referencing old table as gone
            for each statement execute function groups_gone();

        -- lz4 where the server was built with it.
        do $$ begin
            alter table documents alter content set compression lz4, alter metadata set compression lz4;
            alter table documents_search alter search set compression lz4;
        exception when others then null;
        end $$;

        """
    }

    private let searchTriggers = """
        create trigger documents_added after insert on documents
            for each row execute function document_written();
        create trigger documents_changed after update of title, content on documents for each row
            when (old.title is distinct from new.title or old.content is distinct from new.content)
            execute function document_written();
        """

    /// Takes up full text search, or leaves it off.
    func search(_ isOn: Bool) -> String {
        isOn
            ? """
            \(searchTriggers)
            insert into documents_search select semantic_id, document_terms(title, content) from documents;
            update sluice set search = true
            """
            : """
            drop trigger documents_added on documents; drop trigger documents_changed on documents;
            truncate documents_search;
            update sluice set search = false
            """
    }

    /// The same as SQLite's.
    private var views: String {
        // A view asks with the rights of who asks, so that row security holds there too.
        let options = serverVersion >= 150000 ? "with (security_invoker = true) " : ""
        return """
            create function is_name(principal text) returns boolean immutable language sql as $$
                select starts_with(principal, 'group:') or starts_with(principal, 'user:')
            $$;

            create view group_readers(id, principal) \(options)as
            with recursive
            reached(id, member) as (
                select id, member from group_members
                union
                select r.id, m.member from reached r join group_members m on m.id = r.member),
            -- what each clause of a rule comes to
            leaf(rule, clause, member) as materialized (
                select id, clause, clause from group_rules where not is_name(clause)
                union
                select r.id, r.clause, m.member from group_rules r join reached m on m.id = r.clause
                    where not is_name(m.member)),
            ruled(id, principal) as materialized (
                select distinct u.rule, u.member from leaf u where not exists (
                    select 1 from group_rules r where r.id = u.rule and not exists (
                        select 1 from leaf l where l.rule = r.id and l.clause = r.clause and (
                            l.member = u.member or l.member = 'public'
                            or (starts_with(l.member, 'domain:') and strpos(u.member, '@') > 1
                                and right(u.member, length(l.member) - 6) = '@' || substr(l.member, 8))))))
            select id, member from reached where not is_name(member)
            union select id, principal from ruled
            union select r.id, u.principal from reached r join ruled u on u.id = r.member;

            create view document_permissions(semantic_id, principal) \(options)as
            select semantic_id, principal from document_principals where not is_name(principal)
            union
            select p.semantic_id, g.principal from document_principals p join group_readers g on g.id = p.principal;

            """
    }

    /// What a reader is called on documents: their address, their domain and `public`, the groups that these are in, directly or
    /// through groups, and the rules whose every clause names one of all that. A link is not a reader: who has it is not known.
    /// It is the closure of one reader, from member to group, and costs what that reader is in, not what there is.
    private var rowSecurity: String {
        """
        create function reader_principals(reader text) returns text[] stable language sql as $$
            with recursive
            me(principal) as (
                select unnest(array[address, 'domain:' || substr(address, length(address) - strpos(reverse(address), '@') + 2),
                    'public']) collate "C"
                from (select lower(reader) as address) a
                where strpos(address, '@') > 1 and address !~ '^(group|user|domain):'),
            mine(principal) as (
                select principal from me
                union
                select m.id from mine join group_members m on m.member = mine.principal),
            ruled(principal) as (
                select distinct r.id from mine join group_rules r on r.clause = mine.principal
                where not exists (
                    select 1 from group_rules c where c.id = r.id and c.clause not in (select principal from mine))),
            given(principal) as (
                select principal from ruled
                union
                select m.id from given join group_members m on m.member = given.principal)
            select coalesce(array_agg(principal), '{}')
            from (select principal from mine union select principal from given) a
        $$;
        revoke all on function reader_principals(text) from public;
        create function reader_principals() returns text[] stable security definer language sql
            set search_path from current as $$
            select \(name).reader_principals(current_setting('sluice.reader', true))
        $$;

        alter table documents enable row level security;
        alter table documents_search enable row level security;
        alter table document_principals enable row level security;
        create policy reader on document_principals for select
            using (principal = any ((select \(name).reader_principals())::text[]));
        create policy reader on documents for select using (exists (
            select 1 from document_principals p where p.semantic_id = documents.semantic_id
                and p.principal = any ((select \(name).reader_principals())::text[])));
        create policy reader on documents_search for select using (exists (
            select 1 from document_principals p where p.semantic_id = documents_search.semantic_id
                and p.principal = any ((select \(name).reader_principals())::text[])));

        """
    }

    static let reserved = Schema.reserved.union(["documents_search"])

    /// The table of another stream: its name, unless that is one of ours. PostgreSQL cuts names after 63 bytes, so a longer one ends
    /// in a digest of the whole.
    static func table(ofStream stream: String) -> String {
        let lower = stream.lowercased()
        let isTaken = reserved.contains(lower) || lower.hasPrefix("documents_search") || lower.hasPrefix("stream_")
        let isSystem = lower.hasPrefix("sqlite_") || lower.hasPrefix("pg_")
        let name = (isTaken || isSystem ? "stream_" + stream : stream).withoutZeros
        guard name.utf8.count > 63 else { return name }
        var start = name
        while start.utf8.count > 46 { start.removeLast() }
        return start + "_" + String(fnv(name), radix: 16)
    }
}

/// The digest FNV-1a of a text, 64 bits.
func fnv(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
