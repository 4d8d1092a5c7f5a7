use proptest::prelude::*;

use super::{DEEPEST, LONGEST, disarm, rearm, render};

fn html(text: &str) -> String {
    render(text).to_string().replace("\n", "")
}

/// What a reader sees: the words with their lines, entities read, no markup.
fn words(html: &str) -> String {
    let page = scraper::Html::parse_fragment(&html.replace("<br>", "\u{E000}"));
    page.root_element().text().collect::<String>().replace('\n', "").replace('\u{E000}', "\n")
}

#[test]
fn what_staff_type_looks_as_typed() {
    for plain in [
        "次の点を確認してください。\n・装置の版\n・設定の控え\n\u{3000}(別紙のとおり)",
        "(1) 停止する。\n(2) 連絡する。",
        "1) 停止する。\n2) 連絡する。",
        "1.停止する。\n2.連絡する。",
        "\\\\server\\share\\*.* と C:\\Users\\*\\AppData\\_x_ を確認",
        "__init__ と snake_case_name と *1 と 2*3*4",
        "<script>alert(1)</script> & &lt; &amp; &#92; \"x\" 'y'",
        "<b>太字</b>",
        "<!-- コメント --> <!DOCTYPE html> <?php ?> <![CDATA[x]]>",
        "[1]: https://www.example.jp/a\n[1]を参照",
        "![画像](https://www.example.jp/a.png)",
        "https://www.example.jp/?a=1&b=2をご覧ください。<https://www.example.jp/>",
        "見出し\n=====\n本文",
        "~~取消~~ $x$ :smile: ==強調== ^上^ {.class}",
        "#1 の装置\n#タグ",
        "2026年4月1日\n 午前9時",
    ] {
        let shown = words(&html(plain));
        let wanted: Vec<&str> = plain.lines().map(|line| line.trim_matches(' ')).collect();
        assert_eq!(shown.lines().collect::<Vec<_>>(), wanted, "{plain}");
    }
    assert_eq!(html("一行目\n二行目\n\n次の段落"), "<p>一行目<br>二行目</p><p>次の段落</p>");
    assert_eq!(html("前\n\n    字下げ\n    二行目"), "<p>前</p><p>字下げ<br>二行目</p>");
    assert_eq!(html(" \r\n "), "");
}

#[test]
fn lists_tables_and_emphasis_gain_a_form() {
    assert_eq!(html("1. 停止\n2. 連絡"), "<ol><li>停止</li><li>連絡</li></ol>");
    assert_eq!(html("3. 停止"), "<ol start=\"3\"><li>停止</li></ol>");
    assert_eq!(html("- 甲\n- 乙\n    - 丙"), "<ul><li>甲</li><li>乙<ul><li>丙</li></ul></li></ul>");
    assert_eq!(html("これは**重要**です。"), "<p>これは<strong>重要</strong>です。</p>");
    assert_eq!(html("# 見出し"), "<h3>見出し</h3>");
    assert_eq!(html("###### 見出し"), "<h6>見出し</h6>");
    let table = html("| 製品 | 版 |\n|---|--:|\n| 甲 | 1_0 |");
    assert!(table.contains("<th>製品</th>") && table.contains("<td align=\"right\">1_0</td>"), "{table}");
    assert_eq!(html("`a_b\\c <d> &amp;`"), "<p><code>a_b\\c &lt;d&gt; &amp;amp;</code></p>");
    assert_eq!(html("```sh onclick=x\nrm *_\\\n```"), "<pre><code>rm *_\\</code></pre>");
}

#[test]
fn links_lead_where_they_say() {
    let rel = "rel=\"noopener noreferrer nofollow\"";
    assert_eq!(
        html("[手順](https://www.example.jp/a_b?x=1&y=2)"),
        format!("<p><a href=\"https://www.example.jp/a_b?x=1&amp;y=2\" {rel}>手順</a> (www.example.jp)</p>")
    );
    assert_eq!(
        html("[a@b.example](mailto:a@b.example)"),
        format!("<p><a href=\"mailto:a@b.example\" {rel}>a@b.example</a></p>")
    );
    assert!(html("[https://www.example.jp](https://evil.example/)").contains("</a> (evil.example)"));
    for refused in [
        "http://www.example.jp/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "/sign-out",
        "file:///etc/passwd",
        "https:evil",
        "https://www.example.jp@evil.example/",
        "java&#10;script:alert(1)",
        "%6aavascript:alert(1)",
    ] {
        let shown = html(&format!("[押す]({refused})"));
        assert!(!shown.contains("<a") || shown.contains("href=\"https://evil/\""), "{refused}: {shown}");
    }
}

#[test]
fn too_long_or_too_deep_is_shown_as_it_is() {
    let exact = format!("**a**{}", "b".repeat(LONGEST - 5));
    assert!(html(&exact).contains("<strong>"));
    assert!(!html(&format!("{exact}b")).contains("<strong>"));
    assert!(html(&format!("{} 底", ">".repeat(5))).contains("<blockquote>"));
    assert!(!html(&format!("{} 底", ">".repeat(DEEPEST + 1))).contains("<blockquote>"));
    for pattern in ["> ", "- ", "1. ", "[", "**", "`", "|", "&#", "<", "[a](", "* > "] {
        let text = pattern.repeat(LONGEST / pattern.len());
        let begun = std::time::Instant::now();
        drop(render(&text));
        assert!(begun.elapsed().as_secs() < 5, "{pattern} took {:?}", begun.elapsed());
    }
}

/// Every tag and attribute of a rendered text is one of these.
fn only_ours(html: &str) -> bool {
    let page = scraper::Html::parse_fragment(html);
    page.root_element().descendants().filter_map(|node| node.value().as_element()).all(|element| {
        let harmless = element.attrs().all(|(name, value)| match name {
            "href" => value.starts_with("https://") || value.starts_with("mailto:"),
            "rel" | "start" => true,
            "align" => ["left", "center", "right"].contains(&value),
            _ => false,
        });
        let known = [
            "html",
            "p",
            "br",
            "ul",
            "ol",
            "li",
            "strong",
            "code",
            "pre",
            "h3",
            "h4",
            "h5",
            "h6",
            "blockquote",
            "hr",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
        ];
        harmless && known.contains(&element.name())
    })
}

#[test]
fn payloads_stay_text() {
    for payload in [
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<scr<script>ipt>alert(1)</script>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](https://a.example/\"onmouseover=\"alert(1))",
        "[x](https://a.example/ \"\\\" onclick=alert(1)\")",
        "![x](javascript:alert(1))",
        "<math><mtext></p><style><img>",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "<https://a.example/\"><img src=x onerror=alert(1)>",
        "| <img src=x onerror=alert(1)> |\n|---|\n| <script>x</script> |",
        "```\"><script>\nx\n```",
        "<style>*{display:none}</style>",
        "<!--><img src=x onerror=alert(1)>-->",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<form action=https://evil.example><button>",
        "<iframe srcdoc=x>",
        "<template><script>x</script></template>",
        "[<img src=x onerror=alert(1)>](https://a.example)",
        "\u{0}<script>x</script>",
        "<table><td background=x>",
    ] {
        let shown = html(payload);
        assert!(only_ours(&shown), "{payload}: {shown}");
        assert!(!shown.contains("<script") && !shown.contains("<img"), "{payload}: {shown}");
    }
}

proptest! {
    #[test]
    fn anything_becomes_only_our_elements(text in "([<>\\[\\]()!*_`#|&;:\\\\\"'=\n \\-0-9a-z]|\\PC){0,120}") {
        let shown = render(&text).to_string();
        prop_assert!(only_ours(&shown), "{}", shown);
    }

    #[test]
    fn code_gets_its_letters_back(text in "[^\n]{0,60}") {
        prop_assert_eq!(rearm(&disarm(&text)), text);
    }
}
