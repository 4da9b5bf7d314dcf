def line($id; $words): {type: "RECORD", stream: "documents", record: {semantic_id: $id, content: ($words | join(" ")),
    metadata: {title: $id, partition: "p", permissions: ["ann@example.com"]}}, time_extracted: "2026-01-02T00:00:00Z"};
[range(300) | "word\(. * 7919 % 1009)"] as $words |
line("g:1"; $words), line("g:2"; $words | .[150] = "another"), line("g:3"; $words | .[150] = "another"),
line("g:4"; [range(300) | "word\(. * 6007 % 1013)"]), line("g:5"; $words | map(ascii_upcase))
