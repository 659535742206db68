//! The three renderings of one explanation.

use wirelab_wire::render::{self, HtmlOptions, Style};
use wirelab_wire::{Explanation, Rule, explain_with};

const RULE: Rule = Rule { name: "markup", says: "is <markup>", section: "RFC 9112 §2.2" };

/// Bits, hostile text, a derived buffer, a note, a section, and an error.
fn sample() -> Explanation {
    let bytes = b"\x45<b>&\"'\x00\x01\x02";
    let (_, explanation) = explain_with(bytes, true, "sample", "RFC 9112", |r| {
        r.bits::<4>("version")?;
        r.bits::<4>("length")?;
        r.note(|| "<i>words</i>".to_owned());
        r.text(6, "text")?;
        r.cite("RFC 9112 §5");
        r.derived("upper case", || b"<B>", |r| r.text(3, "text").map(drop));
        r.u8("number")?;
        Err::<(), _>(r.invalid("number", &RULE))
    });
    explanation
}

#[test]
fn the_terminal_shows_places_bits_bytes_names_values_notes_and_the_refusal() {
    let expected = r#"0–9                               sample              RFC 9112
0.0–0.3  0100....                 ├─ version          4
0.4–0.7  ....0101                 ├─ length           5  — <i>words</i>
1–6      3c 62 3e 26 22 27        ├─ text             "<b>&\"'"  RFC 9112 §5
›0–2                              │  └─ upper case
›0–2     3c 42 3e                 │     └─ text       "<B>"
7        00                       ├─ number           0
8–9      01 02                    └─ not understood   2 bytes

refused: byte 7, field `number`: is <markup> (RFC 9112 §2.2)
     0  45 3c 62 3e 26 22 27 00 01 02
                             ^^
"#;
    let shown = render::terminal(&sample(), Style::PLAIN);
    let squeezed = |text: &str| {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(squeezed(&shown), squeezed(expected), "\n{shown}");
    let column =
        |needle: &str| shown.lines().find_map(|line| line.find(needle).map(|at| line[..at].chars().count()));
    assert_eq!(column("4\n"), None);
    assert_eq!(column("├─ version"), column("├─ number"), "names are aligned\n{shown}");
    assert_eq!(column("5  —"), column("2 bytes"), "values are aligned\n{shown}");
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let colored = render::terminal(&sample(), Style { color: true, source: true });
    assert!(colored.contains("\x1b["), "{colored}");
    let mut plain = String::new();
    for (index, piece) in colored.split("\x1b[").enumerate() {
        plain.push_str(if index == 0 { piece } else { piece.split_once('m').map_or("", |(_, rest)| rest) });
    }
    let expected = render::terminal(&sample(), Style { color: false, source: true });
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&plain), trimmed(&expected));
    assert!(expected.contains("tests/rendering.rs:"), "{expected}");
}

#[test]
fn bytes_never_reach_the_terminal_as_control_characters() {
    let (_, explanation) =
        explain_with(b"\x1b[31m\r\n\x80", true, "text", "here", |r| r.text(8, "text").map(drop));
    let shown = render::terminal(&explanation, Style::PLAIN);
    assert!(!shown.contains(['\x1b', '\r']), "{shown:?}");
    assert!(shown.contains(r#""\x1b[31m\r\n\x80""#), "{shown}");
}

#[test]
fn long_texts_and_bytes_are_cut() {
    let (_, explanation) = explain_with(&[b'x'; 5000], true, "long", "here", |r| {
        r.text(2500, "text")?;
        r.bytes(2500, "bytes").map(drop)
    });
    let shown = render::terminal(&explanation, Style::PLAIN);
    assert!(shown.lines().all(|line| line.chars().count() <= 110), "{shown}");
    assert!(shown.contains("2500 bytes"), "{shown}");
}

#[test]
fn a_long_note_goes_on_below_its_beginning() {
    let note = "word ".repeat(60);
    let (_, explanation) = explain_with(&[1, 2], true, "noted", "here", |r| {
        r.u8("first")?;
        r.note(|| note.clone());
        r.u8("second").map(drop)
    });
    let shown = render::terminal(&explanation, Style::PLAIN);
    assert!(shown.lines().all(|line| line.chars().count() <= 110), "{shown}");
    assert_eq!(shown.matches("word").count(), 60, "{shown}");
    let columns: Vec<_> = shown
        .lines()
        .skip(2)
        .filter_map(|line| line.split_once("word").map(|(before, _)| before.chars().count()))
        .collect();
    assert!(columns.len() > 1 && columns.iter().all(|column| *column == columns[0]), "{columns:?}\n{shown}");
    assert!(
        shown.lines().nth(2).is_some_and(|line| line.contains('│')),
        "the tree goes on beside it\n{shown}"
    );
}

#[test]
fn a_refusal_behind_the_last_byte_has_its_caret_there() {
    let (_, explanation) = explain_with(&[1; 16], true, "short", "here", |r| {
        r.bytes(16, "all")?;
        r.u8("more").map(drop)
    });
    let shown = render::terminal(&explanation, Style::PLAIN);
    let caret = shown.lines().last().and_then(|line| line.find("^^"));
    let row = shown.lines().nth_back(1).map(str::len);
    assert_eq!(caret, row.map(|len| len + 1), "{shown}");
}

#[test]
fn html_escapes_all_text_and_links_sections_and_source_lines() {
    let source_link =
        |file: &str, line: u32| format!("/source/{}?a&b#L{line}", file.rsplit('/').next().unwrap_or(file));
    let html = render::html(
        &sample(),
        &HtmlOptions { id_prefix: "p", source_link: Some(source_link), ..HtmlOptions::default() },
    );
    for markup in ["<b>", "<B>", "<i>words", "<markup>", "?a&b", " style="] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    assert!(html.contains("https://www.rfc-editor.org/rfc/rfc9112#section-5\""), "{html}");
    assert!(html.contains("/source/rendering.rs?a&amp;b#L"), "{html}");
    assert!(html.contains("<details open") && html.contains("<summary>"), "{html}");
}

#[test]
fn html_ties_each_byte_to_the_field_that_has_the_id() {
    let html = render::html(&sample(), &HtmlOptions { id_prefix: "p", ..HtmlOptions::default() });
    let attributes = |name: &str| -> Vec<&str> {
        html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    };
    let (ids, leaves) = (attributes("id"), attributes("data-leaf"));
    // Ten bytes and three derived ones, each in hex and as a character.
    assert_eq!(leaves.len(), 2 * (10 + 3), "{html}");
    assert!(leaves.iter().all(|leaf| leaf.split(' ').all(|id| ids.contains(&id))), "{leaves:?} of {ids:?}");
    assert!(ids.iter().all(|id| id.starts_with('p')), "{ids:?}");
    let links: Vec<&str> = attributes("href").into_iter().filter_map(|to| to.strip_prefix('#')).collect();
    assert_eq!(links.len(), 10 + 3, "{html}");
    assert!(links.iter().all(|id| ids.contains(id)), "{links:?} of {ids:?}");
    for tag in ["details", "summary", "div", "table", "span", "a", "i", "code"] {
        let opened = html.matches(&format!("<{tag} ")).count() + html.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "<{tag}> in {html}");
    }
}

#[test]
fn a_byte_that_bit_fields_share_names_all_of_them_and_is_coloured_by_what_it_was_read_as() {
    let html = render::html(&sample(), &HtmlOptions::default());
    for cell in [
        "<a class=\"k-number\" href=\"#x1\" title=\"byte 0\" tabindex=\"-1\" data-leaf=\"x1 x2\">45</a>",
        "<a class=\"k-text\" href=\"#x3\" title=\"byte 1\" tabindex=\"-1\" data-leaf=\"x3\">3c</a>",
        "<i class=\"k-unread\" data-leaf=\"x7\">·</i>",
    ] {
        assert!(html.contains(cell), "no {cell} in {html}");
    }
}

#[test]
fn json_has_buffers_tree_and_error() {
    let json = render::json(&sample());
    assert_eq!(json["buffers"][1], serde_json::json!({ "name": "upper case", "hex": "3c423e" }));
    assert_eq!(json["root"]["children"][1]["value"], 5);
    assert_eq!(json["root"]["children"][1]["bits"], serde_json::json!([4, 8]));
    assert_eq!(json["root"]["children"][2]["children"][0]["buffer"], 1);
    assert_eq!(json["error"]["at"], 7);
    assert_eq!(json["error"]["rule"]["name"], "markup");
}

#[test]
fn the_style_sheet_covers_light_and_dark() {
    assert!(render::CSS.contains("prefers-color-scheme: dark"));
}
