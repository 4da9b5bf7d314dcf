import Connector
import HTTP
import JSON
import System
import Testing

/// A fault, where it happens, and how it must end. `run` is made on top of the sample's first run; whatever comes of it, at most
/// two undisturbed runs later everything is as if nothing had happened.
struct Case: Sendable, CustomTestStringConvertible {
    /// How the run with the fault ends.
    enum End: Sendable { case undisturbed, status(Int32) }

    var name: String
    var end = End.undisturbed
    /// Part of what it says.
    var says: String?
    /// All is well in the disturbed run already.
    var isHarmless = false
    /// What the rows show before anything is mended.
    var check: @Sendable (Plan, Held, Fetched) throws -> Void = { _, _, _ in }
    var run: @Sendable (Plan) -> Mirror.Run

    var testDescription: String { name }

    static let all = listings + feeds + answers + items
}

extension Plan {
    /// Says which requests are for a page of the partition's listing.
    func page(_ number: Int, attempts: ClosedRange<Int> = 1...Int.max) -> @Sendable (Asked) -> Bool {
        let role = Role.list(partition)
        return { $0.role == role && $0.page == number && attempts.contains($0.attempt) }
    }
    func listing(_ faults: Fault...) -> Mirror.Run { Mirror.Run(listing: .full, faults: faults) }

    /// Nothing of the partition was taken for gone, and it is not called complete.
    func isUntouched(_ held: Held, _ fetched: Fetched) {
        for (id, row) in before.rows where row.partition == partition && after.rows[id]?.partition == partition {
            #expect(held.rows[id] != nil, "\(id) was removed")
        }
        #expect((try? complete(fetched.lines.last)) == (try? complete(fetched.state.map { #"{"value":\#($0)}"# })))
    }
    private func complete(_ state: String?) throws -> String? {
        let value = try state.map { try JSON(parsing: $0) }?["value"]
        return value?["bookmarks"]?[name: sample.source]?["partitions"]?[name: partition]?["complete"]?.string
    }
}

// MARK: - Listings

extension Case {
    static let listings: [Case] = [
        Case(name: "the second page fails once", isHarmless: true) { plan in
            plan.listing(Fault(.answer(503), when: plan.page(2, attempts: 1...1)))
        },
        Case(
            name: "the second page fails for good", end: .status(65), says: "could not be read to its end",
            check: { plan, held, fetched in plan.isUntouched(held, fetched) }
        ) { plan in plan.listing(Fault(.answer(503), when: plan.page(2))) },
        Case(name: "an empty page with a next token", isHarmless: true) { plan in
            let both = plan.pages[0].items + plan.pages[1].items
            return plan.listing(
                Fault(.change { $0.editingItems { _ in both } }, when: plan.page(1)),
                Fault(.change { $0.editingItems { _ in [] } }, when: plan.page(2)))
        },
        Case(name: "a page comes again", isHarmless: true) { plan in
            let first = plan.pages[0].items
            return plan.listing(Fault(.change { $0.editingItems { first + $0 } }, when: plan.page(2)))
        },
        Case(name: "the order changes while paging", isHarmless: true) { plan in
            let (a, b) = (plan.pages[0].items, plan.pages[1].items)
            return plan.listing(
                Fault(.change { $0.editingItems { _ in a.dropLast() + b.prefix(1) } }, when: plan.page(1)),
                Fault(.change { $0.editingItems { _ in a.suffix(1) + b } }, when: plan.page(2)))
        },
        Case(name: "a page token is not taken any more", says: "not taken any more", isHarmless: true) { plan in
            var run = Mirror.Run(listing: .full)
            let name = plan.partition
            let points = Points()
            run.tricks.beforeList = { partition, point in
                guard partition == name else { return }
                if point.page != nil, points.all.count == 1 {
                    points.add(ListingPoint())
                    throw CallFailure(status: 400, reason: "invalid", scope: .cursorExpired, message: "bad token")
                }
                points.add(point)
                // A page token belongs to one query: from there on each page says where the query begins.
                if points.all.count > 2, point.from == nil { Issue.record("a page of another query: \(points.all)") }
            }
            return run
        },
        Case(
            name: "no page token is ever taken", end: .status(65), says: "could not be read to its end",
            check: { plan, held, fetched in plan.isUntouched(held, fetched) }
        ) { plan in
            var run = Mirror.Run(listing: .full)
            let name = plan.partition
            run.tricks.beforeList = { partition, point in
                if partition == name, point.page != nil {
                    throw CallFailure(status: 400, reason: "invalid", scope: .cursorExpired, message: "bad token")
                }
            }
            return run
        },
        Case(
            name: "the next page is the same page, for ever", end: .status(65), says: "read already",
            check: { plan, held, fetched in plan.isUntouched(held, fetched) }
        ) { plan in
            let first = plan.pages[0].body
            let role = Role.list(plan.partition)
            return plan.listing(
                Fault(.change { $0.with(first.array) }, when: { $0.role == role && $0.page > 1 }))
        },
        Case(
            name: "the service says that it left something out", end: .status(65), says: "left something out",
            check: { plan, held, fetched in plan.isUntouched(held, fetched) }
        ) { plan in
            var run = Mirror.Run(listing: .full)
            let name = plan.partition
            run.tricks.page = { partition, point, page in
                if partition == name, point.page != nil { page.isPartial = true }
            }
            return run
        },
        Case(
            name: "one partition is refused", end: .status(65), says: "could not be read to its end",
            check: { plan, held, fetched in
                plan.isUntouched(held, fetched)
                let others = plan.after.rows.filter {
                    $0.value.partition != plan.partition && plan.before.rows[$0.key]?.partition != plan.partition
                }
                for (id, row) in others { #expect(held.rows[id] == row, "\(id)") }
            }
        ) { plan in
            let name = plan.partition
            return plan.listing(
                Fault(
                    .answer(403, [:], refusal(403, "forbidden")),
                    when: { [.list(name), .changes(name), .position(name)].contains($0.role) }))
        },
        Case(
            name: "the groups are refused", end: .status(65),
            check: { plan, held, _ in
                #expect(Set(held.groups.keys) == Set(plan.before.groups.keys))
                #expect(held.rows.mapValues(\.permissions) == plan.after.rows.mapValues(\.permissions))
            }
        ) { plan in
            plan.listing(
                Fault(.answer(403, [:], refusal(403, "forbidden")), when: { $0.role == .groups && $0.page > 1 }))
        },
        Case(name: "a window of one byte", isHarmless: true) { _ in Mirror.Run(listing: .full, window: 1) },
        Case(name: "the service's clock went back", isHarmless: true) { _ in
            Mirror.Run(listing: .full, dated: { $0 - .seconds(3 * 86400) })
        },
    ]
}

// MARK: - Change feeds

extension Case {
    static let feeds: [Case] = [
        Case(name: "the cursor is not taken any more", says: "everything is listed again", isHarmless: true) { plan in
            var run = Mirror.Run()
            let name = plan.partition
            let refusals = Counter()
            run.tricks.beforeChanges = { partition, _ in
                if partition == name, refusals.next() == 1 {
                    throw CallFailure(status: 400, reason: "invalid", scope: .cursorExpired, message: "bad cursor")
                }
            }
            return run
        },
        Case(name: "the cursor is gone", says: "everything is listed again", isHarmless: true) { plan in
            let role = Role.changes(plan.partition)
            return Mirror.Run(faults: [
                Fault(.answer(410), when: { $0.role == role && $0.page == 1 && $0.attempt == 1 })
            ])
        },
        Case(name: "a page of changes fails once", isHarmless: true) { plan in
            let role = Role.changes(plan.partition)
            return Mirror.Run(faults: [Fault(.answer(500), when: { $0.role == role && $0.attempt == 1 })])
        },
        Case(name: "a page of changes fails for good", end: .status(65), says: "could not be read to its end") { plan in
            let role = Role.changes(plan.partition)
            return Mirror.Run(faults: [Fault(.answer(500), when: { $0.role == role && $0.page > 1 })])
        },
        Case(name: "the feed goes round in a circle", end: .status(65), says: "read already") { plan in
            let role = Role.changes(plan.partition)
            let first = FirstResponse()
            return Mirror.Run(faults: [
                Fault(.change { first.keep($0) }, when: { $0.role == role })
            ])
        },
    ]
}

// MARK: - Answers

extension Case {
    private static func burst(_ name: String, _ headers: Headers, _ status: Int = 429) -> Case {
        Case(name: name, isHarmless: true) { plan in
            plan.listing(Fault(.answer(status, headers), when: { (30..<60).contains($0.number) && $0.attempt < 4 }))
        }
    }
    private static func secondPage(
        _ name: String, once: Bool = true, _ act: Fault.Act
    ) -> Case {
        if once {
            return Case(name: name + ", once", isHarmless: true) { plan in
                plan.listing(Fault(act, when: plan.page(2, attempts: 1...1)))
            }
        }
        return Case(
            name: name + ", for good", end: .status(65), says: "could not be read to its end",
            check: { plan, held, fetched in plan.isUntouched(held, fetched) }
        ) { plan in plan.listing(Fault(act, when: plan.page(2))) }
    }
    private static let cut = Fault.Act.change { $0.with(Array($0.body.array.prefix($0.body.count / 2))) }
    private static let html = Fault.Act.answer(200, ["Content-Type": "text/html"], "<html><h1>Sorry</h1></html>")

    static let answers: [Case] = [
        burst("many answers of 429, with seconds to wait", ["Retry-After": "2"]),
        burst("many answers of 429, with a date to wait for", ["Retry-After": "Mon, 02 Mar 2026 10:00:09 GMT"]),
        burst("many answers of 429, with nothing", [:]),
        burst("many answers of 502", [:], 502),
        secondPage("a body ends early", .error(.truncated("it ended after 100 of 2000 bytes"))),
        secondPage("a body ends early", once: false, .error(.truncated("it ended after 100 of 2000 bytes"))),
        secondPage("half a body with 200", cut),
        secondPage("half a body with 200", once: false, cut),
        secondPage("a page of HTML with 200", html),
        secondPage("a page of HTML with 200", once: false, html),
        secondPage("an answer over the limit", once: false, .error(.tooLarge(limit: 10))),
        Case(name: "bytes that are no UTF-8", isHarmless: true) { plan in
            plan.listing(
                Fault(
                    .change { response in
                        let bytes = response.body.array
                        guard let brace = bytes.firstIndex(of: UInt8(ascii: "{")) else { return response }
                        let note = Array(#"{"note":""#.utf8) + [0xFF, 0xC3] + Array("\",".utf8)
                        return response.with(Array(bytes[..<brace]) + note + Array(bytes[(brace + 1)...]))
                    }, when: plan.page(1)))
        },
        Case(name: "each connection is lost once", isHarmless: true) { plan in
            plan.listing(Fault(.error(.lost("reset")), when: { $0.attempt == 1 && $0.request.method == "GET" }))
        },
        Case(
            name: "the token is refused once", isHarmless: true,
            check: { _, _, fetched in #expect(fetched.asked.count { $0.request.method == "POST" } == 1) }
        ) { plan in
            plan.listing(
                Fault(
                    .answer(401, [:], refusal(401, "authError")),
                    when: { $0.number == 25 && $0.request.method == "GET" }))
        },
        Case(
            name: "the token is refused for good", end: .status(77),
            check: { _, _, fetched in #expect(fetched.asked.count < 150, "\(fetched.asked.count) calls") }
        ) { plan in
            plan.listing(
                Fault(
                    .answer(401, [:], refusal(401, "authError")), when: { $0.number > 40 && $0.request.method == "GET" }
                ))
        },
        Case(
            name: "no new token is to be had", end: .status(77),
            check: { _, _, fetched in #expect(fetched.asked.count < 150, "\(fetched.asked.count) calls") }
        ) { plan in
            plan.listing(
                Fault(.answer(400, [:], #"{"error":"invalid_grant"}"#), when: { $0.request.method == "POST" }),
                Fault(.answer(401, [:], refusal(401, "authError")), when: { $0.number > 40 }))
        },
        Case(
            name: "the credentials are of another tenant", end: .status(78),
            check: { plan, held, fetched in
                #expect(held == plan.before)
                #expect(fetched.lines.isEmpty)
            }
        ) { _ in
            var run = Mirror.Run()
            run.tricks.tenant = "somebody else"
            return run
        },
    ]
}

// MARK: - Items

extension Case {
    static let items: [Case] = [
        Case(
            name: "the content of an item is refused", end: .status(65),
            check: { plan, held, _ in
                #expect(held.debts[plan.key] != nil)
                #expect(held.rows[plan.key] == plan.before.rows[plan.key])
            }
        ) { plan in
            plan.listing(
                Fault(
                    .answer(403, [:], refusal(403, "downloadQuotaExceeded")), when: { $0.request.url == plan.content }))
        },
        Case(
            name: "the access of an item is refused", end: .status(65),
            check: { plan, held, _ in
                #expect(held.debts[plan.key] != nil)
                #expect(held.rows[plan.key]?.readers == [])
            }
        ) { plan in
            plan.listing(
                Fault(
                    .answer(403, [:], refusal(403, "insufficientFilePermissions")),
                    when: { $0.request.url == plan.access }))
        },
        Case(
            name: "the access of an item can't be read", end: .status(65),
            check: { plan, held, _ in
                #expect(held.debts[plan.key] != nil)
                #expect(held.rows[plan.key]?.readers ?? [] == [])
            }
        ) { plan in plan.listing(Fault(html, when: { $0.request.url == plan.access })) },
        Case(
            name: "the connection is lost with each try at an item", end: .status(65),
            check: { plan, held, _ in
                #expect(held.debts[plan.key] != nil)
                #expect(held.rows[plan.key] != nil)
            }
        ) { plan in plan.listing(Fault(.error(.lost("reset")), when: { $0.request.url == plan.content })) },
        Case(
            name: "an item is not found after it was listed", end: .status(65),
            check: { plan, held, _ in
                #expect(held.debts[plan.key] == "not_found")
                #expect(held.rows[plan.key] != nil)
            }
        ) { plan in plan.listing(Fault(.answer(404), when: { $0.role == .item(plan.item) })) },
    ]
}
