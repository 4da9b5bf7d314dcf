import Documents
import Testing

@testable import Extraction
@testable import Readers

/// An extractor that reads everything in this process.
func extractor(_ limits: Limits = .init()) -> TextExtractor {
    var options = TextExtractor.Options()
    options.limits = limits
    return TextExtractor(options, readers: Readers.all)
}
func read(_ bytes: [UInt8], _ type: String?, name: String? = nil, limits: Limits = .init())
    -> (text: String?, extraction: Extraction)
{
    extractor(limits).text(of: ItemContent(mediaType: type, body: .bytes(bytes)), name: name)
}
func html(_ text: String) -> String? { read(Array(text.utf8), "text/html; charset=utf-8").text }

@Suite("HTML") struct HTMLTests {
    @Test(arguments: [
        // Blocks and headings.
        ("<h1>A</h1><p>b  c\n d</p><h3>E <i>f</i></h3>g", "# A\n\nb c d\n\n### E f\n\ng"),
        ("<h2>  </h2><p></p><div><div>x</div></div>", "x"),
        ("<div>one</div><div>two</div><p>three", "one\ntwo\n\nthree"),
        ("a<br>b<br><br>c<hr>d", "a\nb\n\nc\n\n---\n\nd"),
        ("<h1>a<br>b</h1>", "# a b"),
        ("<title>T &amp; U</title><style>p{}</style><script>var x='</p>'</script><p>x</p>", "T & U\n\nx"),
        ("<p>a<template><p>no</template><noscript>no</noscript><svg><title>no</title></svg>b", "ab"),
        (
            "<figure><svg><style>no</style><path d='M0'/><text>x</text><text>y</text></svg><figcaption>F</figcaption></figure>",
            "x\ny\nF"
        ),
        (
            "<math><mi>x</mi><mo>=</mo><mn>1</mn><annotation encoding='application/x-tex'>x = 1</annotation></math>",
            "x=1"
        ),
        // What nobody sees.
        ("a<p hidden>no<b>no</b></p><p style='color:red; DISPLAY : none'>no<p>b", "a\n\nb"),
        ("a<span style='visibility:hidden'>no</span><i style='display:inline'>b</i><img hidden alt=no>", "ab"),
        ("a<!--[if IE]><p>no</p><![endif]--><![if !IE]>b<![endif]>", "ab"),
        ("<details><summary>S</summary>more</details>", "S\nmore"),
        // Lists.
        ("x<ul><li>a<li>b</ul>y", "x\n\n- a\n- b\n\ny"),
        ("<ul><li><p>a</p></li><li><p>b</p><p>c</p></li></ul>", "- a\n- b\n\n  c"),
        ("<ol start=9><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>", "9. a\n   - b\n   - c\n10. d"),
        ("<ul><li></li><li>a</li></ul>", "- a"),
        ("<dl><dt>t</dt><dd>d</dd><dt>u<dd>e</dl>", "t\n: d\nu\n: e"),
        // Quotes.
        ("a<blockquote><p>b</p><p>c<br>d</p></blockquote>e", "a\n\n> b\n>\n> c\n> d\n\ne"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        // Code.
        ("<p>use <code>a  b</code>, <code></code>now</p>", "use `a b`, now"),
        ("<pre class='x language-swift'>let a = 1\n  b &lt; c\n</pre>d", "```swift\nlet a = 1\n  b < c\n```\n\nd"),
        ("<pre><code class=lang-c++>``` x</code></pre>", "````c++\n``` x\n````"),
        ("<ul><li>a<pre>b\n\nc</pre></li></ul>", "- a\n\n  ```\n  b\n\n  c\n  ```"),
        ("<pre> </pre>a", "a"),
        // Links and images.
        ("<a href='https://x.org/a b(c)'> t </a>u", "[t](https://x.org/a%20b%28c%29) u"),
        ("<a href='https://x.org'>https://x.org</a> <a href='mailto:a@b.c'>a@b.c</a>", "https://x.org a@b.c"),
        ("<a href='javascript:alert(1)'>a</a><a href='/r'>b</a><a href='data:x'>c</a><a name=z>d</a>", "abcd"),
        ("<a href=http://x.org><img src=a alt='A b'></a><img src=x alt=' '><img>", "[![A b]](http://x.org)"),
        ("<a href=http://x.org></a>a", "a"),
        ("<a href=http://x.org><h2>a</h2></a>", "## [a](http://x.org)"),
        // Tables.
        (
            "x<table><tr><th>a<th>b<tr><td>1|2<td>p<p>q<ul><li>r</ul></table>y",
            "x\n\n| a | b |\n| --- | --- |\n| 1\\|2 | p q - r |\n\ny"
        ),
        ("<table><tr><td>a</td><td colspan=2>b</td><td></td></tr><tr><td></td></tr></table>", "| a | b | | |"),
        (
            "<table><tr><th>a<th>b<th>c<tr><td rowspan=2>1<td>2<td rowspan=3>3<tr><td>4<tr><td>5<td>6</table>",
            "| a | b | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| | 4 |\n| 5 | 6 |"
        ),
        ("<table><tr><td rowspan=2>a<td>b<tr><td>c<tr><td>d<td>e</table>", "| a | b |\n| | c |\n| d | e |"),
        ("<table><tr><td rowspan=2 colspan=2>a<td>b<tr><td>c</table>", "| a | | b |\n| | | c |"),
        ("<table><caption>C</caption><tr><td>a<td>b</table>", "C\n\n| a | b |"),
        (
            "<table><tr><td><p>a</p><p>b</p></td></tr><tr><td><table><tr><td>1<td>2</table></td></tr></table>",
            "a\n\nb\n\n| 1 | 2 |"
        ),
        ("<table><tr><td>one</td></tr><tr><td>two</td></tr></table>", "one\n\ntwo"),
        ("<ul><li><table><tr><td>a<td>b</table></ul>", "- | a | b |"),
        ("<td>a</td><td>b</td><tr>c", "a\nb\nc"),
        // Characters.
        (
            "&lt;b&gt; &eacute;&#x1F600;&#128512; &nbsp; x&shy;y &nosuch; &amp; &#0;&#xD800;&#99999999;",
            "<b> é😀😀 xy &nosuch; &"
        ),
        ("<p>שלום עולם</p><p>日本語 中文 한국어</p><p>e\u{301} नमस्ते 👩‍👩‍👧‍👦 🏳️‍🌈</p>", "שלום עולם\n\n日本語 中文 한국어\n\ne\u{301} नमस्ते 👩‍👩‍👧‍👦 🏳️‍🌈"),
        ("a\u{0}b\u{1}c\u{7F}d\u{85}e", "abcd e"),
        // Broken, and pieces.
        ("<p>a<b>b<i>c</p><p>d</b>e</i></td></div>f", "abc\n\ndef"),
        ("<div <p>a</p", "a"),
        ("a < b && c > d <> e", "a < b && c > d <> e"),
        ("<!-- a -- b --><?php y ?><!DOCTYPE z>w<!-- open", "w"),
        ("just text", "just text"),
    ])
    func reads(page: String, text: String) {
        #expect(html(page) == text)
    }

    @Test func dropsNothingThatIsDeep() {
        let depth = 10_000
        for tag in ["div", "blockquote", "ul><li", "table><tr><td", "b", "a", "span", "h1", "ol", "pre"] {
            let page = String(repeating: "<\(tag)>", count: depth) + "the end"
            #expect(html(page)?.contains("the end") == true, "\(tag)")
        }
    }
    @Test func aLineOfDeepNestingIsShort() {
        let page = String(repeating: "<blockquote>x", count: 5000)
        #expect((html(page)?.utf8.count ?? .max) < 5000 * 80)
    }

    @Test func readsAnAttributeOfAMegabyte() {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(html("<p title='\(long)'>a<img alt='\(long)'>") == "a![\(long)]")
        #expect(html("<a href='https://x.org/\(long)'>a</a>") == "a")
        #expect(html("<p title='\(long)") == nil)
    }

    @Test func entitiesOfADocumentTypeExpandToNothing() {
        let bomb = """
            <!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
            <!ENTITY x SYSTEM "file:///etc/passwd">]><p>[&b;][&x;]</p>
            """
        let text = html(bomb) ?? ""
        #expect(text.utf8.count < 400)
        #expect(text.contains("[&b;][&x;]"))
        #expect(!text.contains("root:"))
    }

    @Test func stopsAtTheLimit() {
        var limits = Limits()
        limits.output = 1000
        let page = Array(String(repeating: "<p>words é", count: 10_000).utf8)
        let (text, extraction) = read(page, "text/html", limits: limits)
        #expect(extraction == Extraction(format: "html", status: .partial, reason: "too_large"))
        #expect((900...1000).contains(text?.utf8.count ?? 0))
        limits = Limits()
        limits.time = .zero
        #expect(read(page, "text/html", limits: limits).extraction.reason == "time_limit")
    }

    @Test func isNotHeldUpByAMonster() {
        let attributes = (0..<25_000).map { " a\($0)" }.joined()
        #expect(html("<p>before<p\(attributes)>after") == "before")
        #expect(read(Array("<p\(attributes)>after".utf8), "text/html").extraction.reason == "too_large")
        let script = "<script>if (a <b\(String(repeating: " 1", count: 30_000))</script>"
        #expect(html("\(script)<!-- <b\(attributes)> -->after") == "after")
        let deep = read(Array(("x" + String(repeating: "<b>", count: 60_000)).utf8), "text/html")
        #expect(deep.text == "x")
        #expect(deep.extraction.reason == "too_large")
    }
}
