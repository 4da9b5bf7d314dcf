import Glibc
import Processes
import State
import Stream
import Synchronization
import System
import Testing

@testable import Destinations

/// What happens to the server and to the connection while `sink` writes. A table of faults, each with its end; whatever the end is, nothing
/// is lost and nothing is there twice.
@Suite(.serialized) struct FaultTests {
    /// A destination that lets something happen before its n-th call.
    final class Disturbed: Destination {
        private let inner: PostgreSQLDestination
        private let disturb: () throws -> Void
        private var left: Int

        init(_ inner: PostgreSQLDestination, before call: Int, _ disturb: @escaping () throws -> Void) {
            self.inner = inner
            self.left = call
            self.disturb = disturb
        }
        private func count() throws {
            left -= 1
            if left == 0 { try disturb() }
        }

        var lookahead: Int { inner.lookahead }
        func expect(_ ids: [String]) throws {
            try count()
            try inner.expect(ids)
        }
        func recover(from lost: TransactionLost) throws { try inner.recover(from: lost) }
        func settle() throws { try inner.settle() }
        func begin() throws { try inner.begin() }
        func apply(_ change: Change) throws -> Int {
            try count()
            return try inner.apply(change)
        }
        func mark() throws {
            try count()
            try inner.mark()
        }
        func rollBackToMark() throws { try inner.rollBackToMark() }
        func commit() throws {
            try count()
            try inner.commit()
        }
        func row(_ id: String) throws -> StoredRow? { try inner.row(id) }
        func debt(of id: String) throws -> Debt? { try inner.debt(of: id) }
        func debts(of folder: String) throws -> [Debt] { try inner.debts(of: folder) }
        func count(of connection: String) throws -> Int { try inner.count(of: connection) }
        func removals(by sweep: Sweep) throws -> Int { try inner.removals(by: sweep) }
        func tenant(of connection: String) throws -> String? { try inner.tenant(of: connection) }
        func state(of folder: String) throws -> CommittedState? { try inner.state(of: folder) }
    }

    /// A server of its own, that a fault may hit, and what the stream comes to.
    struct Stand {
        let server: PostgreSQLServer
        let owner: Connection

        /// - Parameter isDurable: whether commits wait for the disk.
        init(isDurable: Bool = false, folder: String? = nil) throws {
            server = try PostgreSQLServer(isDurable ? ["fsync=on", "synchronous_commit=on"] : [], folder: folder)
            owner = try Connection([("dbname", server.connection)])
        }
        func destination(_ options: String = "", user: String = "owner", pause: @escaping (Duration) -> Void = { _ in })
            throws -> PostgreSQLDestination
        {
            let name = DatabaseName("\(server.connection(as: user)) options='-c search_path=public \(options)'")
            return try PostgreSQLDestination(name, waiting: Waiting(patience: .seconds(30), pause: pause))
        }
        func again() throws -> Connection { try Connection([("dbname", server.connection)]) }
        func terminate() throws {
            try owner.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'sluice'")
        }
        /// Everything that is there, but for the size of it.
        func dump() throws -> [String] {
            let connection = try again()
            let queries = [
                "select semantic_id, content, partition, extracted_at::text from sluice.documents",
                "select semantic_id, principal from sluice.document_principals",
                "select semantic_id, array_to_string(tsvector_to_array(search), ' ') from sluice.documents_search",
                "select semantic_id, reason from sluice.failures", "select run, checkpoint::text from sluice.states",
                "select record::text from sluice.taken",
            ]
            return try queries.flatMap { try connection.query($0) }.map { row in
                (0..<4).map { row.text($0) ?? "" }.joined(separator: "|")
            }.sorted()
        }
    }

    /// 60 documents, some with attachments, a debt, a tombstone, and records of a stream that has no key, where what came twice would be
    /// there twice. A STATE every ten.
    static let lines: [String] = {
        var stream = Lines()
        var lines = [#"{"type":"SCHEMA","stream":"taken","schema":{},"key_properties":[]}"#]
        for i in 1...60 {
            lines.append(Lines.document("s:\(i)", "text \(i)", for: ["u\(i)@x.io", "group:s:g"], at: i))
            if i % 7 == 0 { lines.append(Lines.document("s:\(i)#a", "attached", at: i)) }
            if i % 9 == 0 { lines.append(Lines.gone("s:\(i - 1)", at: i)) }
            if i % 11 == 0 { lines.append(Lines.failure("s:x\(i)", at: i)) }
            if i % 10 == 5 { lines.append(Lines.line("taken", i) { $0.member("n", i) }) }
            if i % 10 == 0 { lines.append(stream.state(final: i == 60)) }
        }
        return lines
    }()

    static func run(_ destination: any Destination, _ bench: Bench, _ lines: [String] = lines) throws -> Int32 {
        bench.options.batch = 20
        return try bench.sink(lines, into: destination).status
    }

    /// What is there when nothing happens.
    static let undisturbed = Result<[String], any Error> {
        let stand = try Stand()
        #expect(try run(try stand.destination(), try Bench(.memory)) == 0)
        return try stand.dump()
    }

    @Test(.timeLimit(.minutes(5))) func aSessionThatIsEndedAnywhereIsMadeAgain() throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand(isDurable: true)
        var hits = 0
        for call in stride(from: 1, through: 160, by: 3) {
            try stand.owner.execute("drop schema if exists sluice cascade")
            let bench = try Bench(.memory)
            let disturbed = try Disturbed(stand.destination(), before: call) {
                hits += 1
                try stand.terminate()
            }
            #expect(try FaultTests.run(disturbed, bench) == 0, "call \(call)")
            #expect(try stand.dump() == wanted, "call \(call)")
            #expect(try bench.copied() == Position(run: "r", checkpoint: 6))
        }
        #expect(hits > 40)
    }

    @Test(arguments: [1, 30, 62, 120]) func aServerThatCrashesIsWaitedFor(_ call: Int) throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand(isDurable: true)
        let bench = try Bench(.memory)
        var isDown = false
        // It is down for the first tries.
        let destination = try stand.destination(pause: { _ in
            if isDown { try? stand.server.start() }
            isDown = false
        })
        let disturbed = Disturbed(destination, before: call) {
            stand.server.stop("immediate")
            isDown = true
        }
        #expect(try FaultTests.run(disturbed, bench) == 0)
        #expect(try stand.dump() == wanted)
    }

    @Test func aServerThatStaysAwayEndsTheRun() throws {
        let stand = try Stand()
        let bench = try Bench(.memory)
        let disturbed = try Disturbed(stand.destination(), before: 100) { stand.server.stop("fast") }
        let error = #expect(throws: Failure.self) { try FaultTests.run(disturbed, bench) }
        #expect(error?.status == .unavailable)
        try stand.server.start()
        // What was committed is named by the folder, and the rest of the stream makes it whole.
        let at = try #require(try bench.copied()).checkpoint
        #expect(at > 0 && at < 6)
        let rest = FaultTests.rest(after: at)
        #expect(try FaultTests.run(stand.destination(), bench, rest) == 0)
        #expect(try stand.dump() == FaultTests.undisturbed.get())
    }

    /// The lines after a STATE, and the schemas.
    static func rest(after checkpoint: Int) -> [String] {
        let ends = lines.indices.filter { lines[$0].hasPrefix(#"{"type":"STATE""#) }
        return checkpoint == 0 ? lines : [lines[0]] + lines[(ends[checkpoint - 1] + 1)...]
    }

    /// Errors that the server answers, once, in the middle of a batch; and the end of the run.
    @Test(arguments: [
        ("40001", 0), ("40P01", 0), ("55P03", 0), ("57014", 0), ("57P01", 0), ("08006", 0), ("25006", 0), ("53300", 0),
        ("22003", 0), ("23505", 0), ("54000", 0), ("53100", 75), ("53200", 75), ("58030", 75), ("XX000", 74),
        ("42501", 77), ("0A000", 70),
    ]) func anErrorInABatchIsTriedAgainOrSaid(_ code: String, _ status: Int) throws {
        let server = try PostgreSQLServer.shared.get()
        let bench = try Bench(.postgres)
        let destination = try bench.postgres()
        // A sequence does not go back with its transaction.
        try bench.server.execute(
            """
            create sequence blows;
            create function blow() returns trigger language plpgsql as $$ begin
                if new.semantic_id = 's:33' and nextval('\(bench.schema).blows') = 1 then
                    raise exception 'blow' using errcode = '\(code)';
                end if;
                return new;
            end $$;
            create trigger blow before insert on documents for each row execute function blow()
            """)
        _ = server
        if status == 0 {
            #expect(try FaultTests.run(destination, bench) == 0)
        } else {
            let error = #expect(throws: Failure.self) { try FaultTests.run(destination, bench) }
            #expect(error?.status.rawValue == Int32(status))
            let at = try #require(try bench.copied()).checkpoint
            #expect(at == 2)
            #expect(try FaultTests.run(bench.postgres(), bench, FaultTests.rest(after: at)) == 0)
        }
        let held = try bench.held()
        #expect(held.rows.count == 61)
        #expect(try bench.pairs("select count(*) from taken").first?.0 == "6")
    }

    @Test func aCommitWhoseAnswerIsLostIsNotMadeTwice() throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand(isDurable: true)
        let bench = try Bench(.memory)
        let destination = try stand.destination()
        // A commit waits for a standby that never comes: it is done, and its answer is cut off.
        try stand.owner.execute("alter system set synchronous_standby_names = 'nobody'")
        let cutter = Thread {
            let watching = try stand.again()
            while try watching.query(
                "select from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'sluice'"
            )
            .isEmpty {
                sched_yield()
            }
            try watching.execute("alter system reset synchronous_standby_names")
            try watching.execute("select pg_reload_conf()")
            try watching.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'sluice'")
        }
        try stand.owner.execute("select pg_reload_conf()")
        #expect(try FaultTests.run(destination, bench) == 0)
        try cutter.end()
        #expect(try stand.dump() == wanted)
    }

    @Test func aCommitThatFailsIsMadeAgain() throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand()
        let bench = try Bench(.memory)
        let destination = try stand.destination()
        try stand.owner.execute(
            """
            create sequence blows;
            create function blow() returns trigger language plpgsql as $$ begin
                if nextval('public.blows') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
                return null;
            end $$;
            create constraint trigger blow after insert on sluice.documents deferrable initially deferred
                for each row execute function blow()
            """)
        #expect(try FaultTests.run(destination, bench) == 0)
        try stand.owner.execute("drop trigger blow on sluice.documents")
        #expect(try stand.dump() == wanted)
    }

    @Test(arguments: ["lock_timeout", "statement_timeout"]) func aLockOfAnotherIsWaitedFor(_ setting: String) throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand()
        let bench = try Bench(.memory)
        var tries = 0
        let destination = try stand.destination("-c \(setting)=100ms") { _ in
            tries += 1
            if tries == 2 { try? stand.owner.execute("commit") }
        }
        try stand.owner.execute("begin; lock table sluice.documents in share row exclusive mode")
        #expect(try FaultTests.run(destination, bench) == 0)
        #expect(tries >= 2)
        #expect(try stand.dump() == wanted)
    }

    @Test func aDeadlockIsTriedAgain() throws {
        let stand = try Stand()
        let bench = try Bench(.memory)
        #expect(try FaultTests.run(stand.destination(), bench) == 0)
        let wanted = try stand.dump().map { $0.split(separator: "|").first }
        try stand.owner.execute(
            "set deadlock_timeout = '1h'; begin; select from sluice.documents where semantic_id = 's:2' for update")
        // They hold s:2 and wait for s:1; we hold s:1 and then want s:2.
        var other: Thread?
        let destination = try stand.destination("-c deadlock_timeout=20ms") { _ in try? other?.end() }
        let disturbed = Disturbed(destination, before: 5) {
            // What waits in the pipeline is done when something is asked.
            _ = try destination.count(of: "s")
            other = Thread {
                try stand.owner.execute(
                    "update sluice.documents set title = 'theirs' where semantic_id = 's:1'; commit")
            }
            let watching = try stand.again()
            while try watching.query(
                "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'update%'"
            ).isEmpty {
                sched_yield()
            }
        }
        var stream = Lines(run: "r2", after: Position(run: "r", checkpoint: 6))
        let lines = [
            Lines.document("s:1", "new", at: 90), stream.state(), Lines.document("s:2", "new", at: 90),
            stream.state(final: true),
        ]
        #expect(try FaultTests.run(disturbed, bench, lines) == 0)
        try other?.end()
        #expect(other != nil)
        let contents = try stand.again().query(
            "select content, title from sluice.documents where semantic_id in ('s:1', 's:2')")
        #expect(contents.map { $0.text(0) } == ["new", "new"])
        #expect(contents.allSatisfy { $0.text(1) != "theirs" })
        #expect(wanted.isEmpty == false)
    }

    @Test func tooManyConnectionsAreWaitedOutOrSaid() throws {
        let stand = try Stand()
        try stand.owner.execute("create role app login connection limit 0; grant create on database postgres to app")
        var tries = 0
        let destination = try stand.destination(user: "app") { _ in
            tries += 1
            if tries == 3 { try? stand.owner.execute("alter role app connection limit -1") }
        }
        #expect(try FaultTests.run(destination, Bench(.memory)) == 0)
        #expect(tries == 3)
        try stand.owner.execute("alter role app connection limit 0")
        let error = #expect(throws: Failure.self) { try stand.destination(user: "app") }
        #expect(error?.status == .unavailable)
        #expect(error?.what.contains("too many connections") == true)
    }

    @Test(arguments: [("nobody", 77), ("no_database", 78)]) func whoIsNotLetInIsTold(_ who: String, _ status: Int)
        throws
    {
        let server = try PostgreSQLServer.shared.get()
        let name = who == "nobody" ? server.connection(as: who) : server.connection + " dbname=no_database"
        let error = #expect(throws: Failure.self) {
            try PostgreSQLDestination(DatabaseName(name), waiting: Waiting(pause: { _ in }))
        }
        #expect(error?.status.rawValue == Int32(status))
    }

    @Test func twoSinksWriteAtOnce() throws {
        let stand = try Stand()
        _ = try stand.destination()
        let threads = ["a", "b", "c"].map { name in
            Thread {
                var stream = Lines(run: name)
                stream.bookmarks = [name: ["p": nil]]
                var lines: [String] = []
                for i in 0..<200 {
                    // Every one also writes the document of all.
                    lines += [
                        Lines.document("\(name):\(i)", at: i),
                        Lines.document("shared:1", name, for: ["\(name)@x.io"], at: i),
                    ]
                    if i % 5 == 4 { lines.append(stream.state(final: i == 199)) }
                }
                let status = try FaultTests.run(try stand.destination(), try Bench(.memory), lines)
                #expect(status == 0)
            }
        }
        for thread in threads { try thread.end() }
        let connection = try stand.again()
        #expect(try connection.query("select count(*) from sluice.documents").first?.int(0) == 601)
        #expect(try connection.query("select count(*) from sluice.states").first?.int(0) == 3)
        let same =
            "select from sluice.documents join sluice.document_principals using (semantic_id) where principal = content || '@x.io' and semantic_id = 'shared:1'"
        #expect(try connection.query(same).count == 1)
    }

    /// A file system of 80 MiB under the server; it takes a right that a test may lack.
    @Test func aFullDiskLosesNothing() throws {
        let scratch = try Scratch()
        let disk = scratch.file("disk")
        try Files.makeFolder(disk)
        chmod(scratch.path, 0o755)
        guard try Command("/bin/mount", ["-t", "tmpfs", "-o", "size=90m,mode=755", "tmpfs", disk]).run() == 0 else {
            return
        }
        defer { _ = try? Command("/bin/umount", ["-l", disk]).run() }
        let stand = try Stand(folder: disk)
        let bench = try Bench(.memory)
        var random = SeededRandom(seed: 1)
        var stream = Lines()
        let lines = (0..<40).flatMap { i in
            [Lines.document("s:\(i)", random.hexadecimal(bytes: 500_000), at: i), stream.state(final: i == 39)]
        }
        bench.options.batch = 1
        let error = #expect(throws: Failure.self) { try bench.sink(lines, into: stand.destination()) }
        #expect(error?.status == .tryAgain || error?.status == .unavailable, "\(error?.description ?? "")")
        #expect(try Command("/bin/mount", ["-o", "remount,size=600m", disk]).run() == 0)
        stand.server.stop("immediate")
        try stand.server.start()
        let at = try #require(try bench.copied()).checkpoint
        #expect(at > 0 && at < 40)
        #expect(try bench.sink(Array(lines[(at * 2)...]), into: stand.destination()).status == 0)
        #expect(try stand.again().query("select count(*) from sluice.documents").first?.int(0) == 40)
    }

    /// `strace` ends `sink` with SIGKILL at one of its calls to the server or to the disk; the stream goes on where the destination is.
    @Test(
        .enabled(if: Command.strace != nil, "strace is needed"),
        arguments: ["sendto", "write,fsync,rename", "recvfrom"])
    func aKilledSinkGoesOnFromWhatTheServerHolds(_ calls: String) throws {
        let wanted = try FaultTests.undisturbed.get()
        let stand = try Stand(isDurable: true)
        var kills = 0
        for at in stride(from: 1, through: 90, by: 12) {
            try stand.owner.execute("drop schema if exists sluice cascade")
            let scratch = try Scratch()
            func sink(_ lines: [String], _ kill: Command.Kill? = nil) throws -> Int32 {
                try Scratch.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: scratch.file("in"))
                return try Command(
                    "sink", ["postgres:" + stand.server.connection, "--batch", "20", "--state", scratch.file("S")],
                    input: scratch.file("in"), output: scratch.file("out"), errors: scratch.file("errors"), kill: kill
                ).run()
            }
            if try sink(FaultTests.lines, Command.Kill(calls, at: at)) == 137 { kills += 1 }
            let held = try? stand.again().query("select checkpoint from sluice.states").first?.int(0)
            let rest = FaultTests.rest(after: Int(held ?? 0))
            if rest.count > 1 { #expect(try sink(rest) == 0) }
            #expect(try stand.dump() == wanted, "\(calls) at \(at)")
        }
        #expect(kills > 1)
    }
}

/// Something that waits for the server in a thread of its own.
final class Thread: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let id: Mutex<pthread_t?>

    // The closure may hold what is not Sendable: nobody else uses it before `end`.
    private final class Box: @unchecked Sendable {
        let body: () throws -> Void
        let thread: Thread
        init(_ body: @escaping () throws -> Void, _ thread: Thread) {
            self.body = body
            self.thread = thread
        }
    }

    init(_ body: @escaping () throws -> Void) {
        id = Mutex(nil)
        var made = pthread_t()
        let box = Unmanaged.passRetained(Box(body, self))
        pthread_create(
            &made, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                let result = Result { try box.body() }
                box.thread.result.withLock { $0 = result }
                return nil
            }, box.toOpaque())
        let thread = made
        id.withLock { $0 = thread }
    }
    /// Waits for its end, once.
    func end() throws {
        let thread = id.withLock { id in
            defer { id = nil }
            return id
        }
        guard let thread else { return }
        pthread_join(thread, nil)
        try result.withLock { $0 }?.get()
    }
}
