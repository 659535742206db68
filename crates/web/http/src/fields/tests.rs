use super::{Fields, Span};
use bytes::Bytes;
use proptest::prelude::*;

/// A head of two fields, as a decoder would hand it over.
fn received() -> Fields {
    let text = Bytes::from_static(b"Host: a\r\nX:1\r\n\r\n");
    let host = Span { name: 0, name_end: 4, value: 6, value_end: 7 };
    let x = Span { name: 9, name_end: 10, value: 11, value_end: 12 };
    Fields::received(text, vec![host, x])
}

fn all(fields: &Fields) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

#[test]
fn received_fields_stay_where_they_arrived_until_they_are_changed() {
    let mut fields = received();
    assert_eq!((fields.get("host"), fields.get_str("x")), (Some(&b"a"[..]), Some("1")));
    assert!(fields.received_text().is_some() && fields.built_lines().is_none());
    assert!(!fields.remove("absent"));
    assert!(fields.received_text().is_some(), "nothing has changed");
    fields.push("Y", "2").unwrap();
    assert_eq!(fields.built_lines(), Some(&b"Host: a\r\nX: 1\r\nY: 2\r\n"[..]));
    assert!(fields.received_text().is_none());
}

#[test]
fn appended_fields_stand_behind_the_others_wherever_both_came_from() {
    let mut built = Fields::new();
    built.push("Date", "now").unwrap();
    built.push("Server", "me").unwrap();
    let expected = |pairs: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    };
    for (mut fields, others, pairs) in [
        (received(), &built, &[("Host", "a"), ("X", "1"), ("Date", "now"), ("Server", "me")][..]),
        (built.clone(), &received(), &[("Date", "now"), ("Server", "me"), ("Host", "a"), ("X", "1")]),
        (Fields::new(), &built, &[("Date", "now"), ("Server", "me")]),
        (built.clone(), &Fields::new(), &[("Date", "now"), ("Server", "me")]),
    ] {
        fields.append(others).unwrap();
        assert_eq!(all(&fields), expected(pairs));
        let lines: String = pairs.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        assert_eq!(fields.built_lines(), Some(lines.as_bytes()));
    }
}

#[test]
fn spans_outside_of_the_text_are_empty_fields() {
    let nowhere = Span { name: 7, name_end: 90, value: 5, value_end: 2 };
    let fields = Fields::received(Bytes::from_static(b"Host: a"), vec![nowhere]);
    assert_eq!(fields.iter().collect::<Vec<_>>(), [("", &b""[..])]);
}

#[test]
fn received_and_built_fields_are_equal_if_they_say_the_same() {
    let mut built = Fields::new();
    built.push("HOST", " a\t").unwrap();
    assert_ne!(built, received());
    built.push("x", "1").unwrap();
    assert_eq!(built, received());
    assert_eq!(format!("{built:?}"), r#"{"HOST": "a", "x": "1"}"#);
}

#[test]
fn set_replaces_all_of_a_name_by_one_at_the_end() {
    let mut fields = Fields::new();
    for (name, value) in [("a", "1"), ("b", "2"), ("A", "3")] {
        fields.push(name, value).unwrap();
    }
    fields.set("a", "4").unwrap();
    assert_eq!(all(&fields), [("b".to_owned(), b"2".to_vec()), ("a".to_owned(), b"4".to_vec())]);
    assert!(fields.set("b", "\n").is_err());
    assert!(!fields.contains("b"), "the old field is gone, as documented");
}

#[test]
fn a_field_that_cannot_be_sent_changes_nothing() {
    let mut fields = received();
    for name in ["", "a b", "a:", "ä", "a\r\n"] {
        assert!(fields.push(name, "1").is_err(), "{name:?}");
    }
    let error = fields.push("X", "\u{0}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "field `X` cannot be sent: its value has a control character (RFC 9110 §5.5)"
    );
    assert_eq!(fields, received());
    fields.push("X", b"\xff\t \x80").unwrap();
}

#[test]
fn members_are_looked_for_in_all_fields_of_the_name() {
    let mut fields = Fields::new();
    fields.push("Connection", "keep-alive, Upgrade").unwrap();
    fields.push("connection", "TE").unwrap();
    assert!(fields.has_member("CONNECTION", "upgrade") && fields.has_member("connection", "te"));
    assert!(!fields.has_member("connection", "close") && !fields.has_member("te", "te"));
}

proptest! {
    /// Fields behave as a list of pairs does, and their lines say the same as the list.
    #[test]
    fn fields_are_a_list(begins_received: bool, steps in proptest::collection::vec((0..3u8, "[aAbBxX]", "[ -~]{0,6}"), 0..20)) {
        let mut fields = if begins_received { received() } else { Fields::new() };
        let mut model = all(&fields);
        for (step, name, value) in steps {
            let value = value.trim_matches(' ').as_bytes().to_vec();
            if step > 0 {
                let had = model.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name));
                prop_assert_eq!(fields.contains(&name), had);
                if step == 1 { prop_assert_eq!(fields.remove(&name), had) }
                model.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
            }
            match step {
                0 => fields.push(&name, &value).unwrap(),
                1 => continue,
                _ => fields.set(&name, &value).unwrap(),
            }
            model.push((name, value));
        }
        prop_assert_eq!(all(&fields), model.clone());
        if let Some(lines) = fields.built_lines() {
            let line = |(name, value): &(String, Vec<u8>)| [name.as_bytes(), b": ", value, b"\r\n"].concat();
            prop_assert_eq!(lines, model.iter().flat_map(line).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn arbitrary_names_and_values_never_break_a_line(name: String, value: Vec<u8>) {
        let mut fields = Fields::new();
        if fields.push(&name, &value).is_ok() {
            let lines = fields.built_lines().unwrap();
            prop_assert_eq!(lines.iter().filter(|&&byte| byte == b'\r' || byte == b'\n').count(), 2);
        }
    }
}
