/// The tables of the destination `sqlite:FILE`. They are for users to read: names and columns stay.
///
///     -- who may read a document, and what a person may read
///     select principal from document_permissions where semantic_id = 'google_drive:1AbC';
///     select semantic_id from document_permissions where principal in ('ann@example.com', 'domain:example.com', 'public');
///     -- full text search
///     select d.title from documents_search s join documents d on d."row" = s.rowid where documents_search match 'plan';
///
/// `extracted_at` and other times of ours are microseconds since 1970 in UTC; times of documents are as they were sent.
enum Schema {
    /// Grows with each change of the tables.
    static let format: Int64 = 1

    static let tables = """
        create table sluice(format integer not null);
        insert into sluice values(\(format));

        create table documents(
            "row" integer primary key,
            semantic_id text not null unique,
            connection text not null,
            id text not null,
            content text,
            title text,
            url text,
            author text,
            created_at text,
            updated_at text,
            partition text,
            parent text,
            metadata text not null,
            extracted_at integer not null);
        create index documents_partition on documents(connection, partition, extracted_at);

        create table document_principals(
            semantic_id text not null, principal text not null, primary key(semantic_id, principal)) without rowid;
        create index document_principals_principal on document_principals(principal);

        create table groups(
            id text not null primary key, connection text not null, source text, partition text, name text,
            extracted_at integer not null);
        create index groups_partition on groups(connection, partition, extracted_at);
        create table group_members(id text not null, member text not null, primary key(id, member)) without rowid;
        create table group_rules(id text not null, clause text not null, primary key(id, clause)) without rowid;

        create table failures(
            semantic_id text not null primary key, partition text, stage text not null, reason text not null,
            attempts integer not null, at integer, folder text not null);
        create index failures_folder on failures(folder, semantic_id);
        create table states(
            folder text not null primary key, value text not null, run text, checkpoint integer,
            swept text not null);
        create table connections(name text not null primary key, tenant text not null);

        create virtual table documents_search using fts5(title, content, content='documents', content_rowid='row');
        create trigger documents_added after insert on documents begin
            insert into documents_search(rowid, title, content) values(new."row", new.title, new.content);
        end;
        create trigger documents_changed after update of title, content on documents
            when old.title is not new.title or old.content is not new.content begin
            insert into documents_search(documents_search, rowid, title, content)
                values('delete', old."row", old.title, old.content);
            insert into documents_search(rowid, title, content) values(new."row", new.title, new.content);
        end;
        create trigger documents_removed after delete on documents begin
            insert into documents_search(documents_search, rowid, title, content)
                values('delete', old."row", old.title, old.content);
            delete from document_principals where semantic_id = old.semantic_id;
        end;
        create trigger groups_removed after delete on groups begin
            delete from group_members where id = old.id;
            delete from group_rules where id = old.id;
        end;
        """

    /// Who may read what. A name that still stands for others (`group:…`, `user:…`) is never shown: it stands for whoever its
    /// members come to, through groups in groups and round cycles, and for nobody where no group of that name is known. A rule
    /// (`group_rules`) is whoever is in each of its clauses; a rule inside a clause of a rule is nobody.
    static let views = """
        create view group_readers(id, principal) as
        with recursive
        reached(id, member) as materialized (
            select id, member from group_members
            union
            select r.id, m.member from reached r join group_members m on m.id = r.member),
        -- what each clause of a rule comes to
        leaf(rule, clause, member) as materialized (
            select id, clause, clause from group_rules
                where clause not glob 'group:*' and clause not glob 'user:*'
            union
            select r.id, r.clause, m.member from group_rules r join reached m on m.id = r.clause
                where m.member not glob 'group:*' and m.member not glob 'user:*'),
        ruled(id, principal) as materialized (
            select distinct u.rule, u.member from leaf u where not exists (
                select 1 from group_rules r where r.id = u.rule and not exists (
                    select 1 from leaf l where l.rule = r.id and l.clause = r.clause and (
                        l.member = u.member or l.member = 'public'
                        or (l.member glob 'domain:*' and instr(u.member, '@') > 1
                            and substr(u.member, 6 - length(l.member)) = '@' || substr(l.member, 8))))))
        select id, member from reached where member not glob 'group:*' and member not glob 'user:*'
        union select id, principal from ruled
        union select r.id, u.principal from reached r join ruled u on u.id = r.member;

        create view document_permissions(semantic_id, principal) as
        select semantic_id, principal from document_principals
            where principal not glob 'group:*' and principal not glob 'user:*'
        union
        select p.semantic_id, g.principal from document_principals p join group_readers g on g.id = p.principal;
        """

    /// The names that a table of another stream can't have.
    static let reserved: Set<String> = [
        "sluice", "documents", "document_principals", "groups", "group_members", "group_rules", "failures", "states",
        "connections", "group_readers", "document_permissions",
    ]

    /// The table of another stream: its name, unless that is one of ours or SQLite's.
    static func table(ofStream stream: String) -> String {
        let name = stream.lowercased()
        let isTaken = reserved.contains(name) || name.hasPrefix("sqlite_") || name.hasPrefix("documents_search")
        return isTaken || name.hasPrefix("stream_") ? "stream_" + stream : stream
    }
}
