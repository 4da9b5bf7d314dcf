def line($id; $content): {type: "RECORD", stream: "documents", record: {semantic_id: $id, content: $content,
    metadata: {title: $id, partition: "p", permissions: ["ann@example.com"]}}, time_extracted: "2026-01-02T00:00:00Z"};
("The report of the first quarter, as it was sent to everybody who had asked for it." | line("g:1"; .), line("g:2"; "\n" + . + "\n\n"), line("g:3"; .)),
line("g:4"; "too short"), line("g:5"; "too short"),
{type: "STATE", value: {bookmarks: {}, run: "r", after: null, checkpoint: 1, final: true, format: 1}}
