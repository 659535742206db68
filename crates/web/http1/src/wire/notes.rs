//! What an explanation says about fields, besides their names. Nothing of this runs, or is even compiled into the fast
//! path, unless somebody listens.

use wirelab_http::registry;
use wirelab_http::{Target, grammar};
use wirelab_wire::{Reader, Trace};

/// What the field is for, and where it is defined.
#[inline]
pub(super) fn about_name<T: Trace>(r: &mut Reader<'_, T>, name: &[u8]) {
    if !T::ON {
        return;
    }
    if let Some(info) = std::str::from_utf8(name).ok().and_then(registry::field) {
        r.note(|| info.meaning.into());
        r.cite(info.section);
    }
}

/// The one blank that is usual needs no words.
#[inline]
pub(super) fn about_blanks<T: Trace>(r: &mut Reader<'_, T>, blanks: &[u8]) {
    if !T::ON {
        return;
    }
    if !matches!(blanks, b"" | b" ") {
        r.note(|| "optional whitespace: it may be there, and is not part of the value".into());
        r.cite("RFC 9110 §5.6.3");
    }
}

/// What the value has to say about the message and its connection.
#[inline]
pub(super) fn about_value<T: Trace>(r: &mut Reader<'_, T>, name: &[u8], value: &[u8]) {
    if !T::ON {
        return;
    }
    let name = name.to_ascii_lowercase();
    let (note, section) = match &name[..] {
        _ if value.is_empty() => return,
        b"content-length" => (about_length(value), "RFC 9112 §6.2"),
        b"transfer-encoding" => (about_codings(value), "RFC 9112 §6.1"),
        b"connection" => (about_options(value), "RFC 9110 §7.6.1"),
        b"expect" if value.eq_ignore_ascii_case(b"100-continue") => {
            ("the client waits for 100 (Continue) before it sends the content".into(), "RFC 9110 §10.1.1")
        }
        _ => return,
    };
    r.note(|| note);
    r.cite(section);
}

fn about_length(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{digits} bytes of content, if this message has any, follow the empty line")
        }
        _ => "not a decimal number: such a message is refused".into(),
    }
}

fn about_codings(value: &[u8]) -> String {
    match value.eq_ignore_ascii_case(b"chunked") {
        true => "the content comes in chunks, each with its size before it".into(),
        false => "only `chunked` by itself is understood here".into(),
    }
}

fn about_options(value: &[u8]) -> String {
    let about = |option: &[u8]| match &option.to_ascii_lowercase()[..] {
        b"close" => "the connection ends after this exchange".into(),
        b"keep-alive" => "another message may follow".into(),
        b"upgrade" => "the Upgrade field is for the next program on the way only".into(),
        other => {
            format!("the {} field is for the next program on the way only", String::from_utf8_lossy(other))
        }
    };
    grammar::list(value).map(about).collect::<Vec<_>>().join("; ")
}

/// What the method asks for, and whether it may be repeated.
#[inline]
pub(super) fn about_method<T: Trace>(r: &mut Reader<'_, T>, name: &[u8]) {
    if !T::ON {
        return;
    }
    let Some(method) = wirelab_http::Method::from_bytes(name) else { return };
    let effect = match () {
        () if method.is_safe() => "safe: asks for no change",
        () if method.is_idempotent() => "idempotent: twice has the effect of once",
        () => "neither safe nor idempotent: must not be repeated blindly",
    };
    match registry::method(method.as_str()) {
        Some(info) => {
            r.note(|| format!("{} ({effect})", info.meaning.trim_end_matches('.')));
            r.cite(info.section);
        }
        None => r.note(|| effect.into()),
    }
}

/// Which of the four forms the target has.
#[inline]
pub(super) fn about_target<T: Trace>(r: &mut Reader<'_, T>, text: &[u8]) {
    if !T::ON {
        return;
    }
    let Ok(target) = Target::parse(text) else { return };
    let (note, section) = if target.is_asterisk() {
        ("the server as a whole (asterisk form)".into(), "RFC 9112 §3.2.4")
    } else if let (true, Some(authority)) = (target.is_absolute(), target.authority()) {
        (format!("{} at {authority} (absolute form)", target.path_and_query()), "RFC 9112 §3.2.2")
    } else if target.authority().is_some() {
        ("the host and port to make a tunnel to (authority form)".into(), "RFC 9112 §3.2.3")
    } else {
        let query = target.query().map_or(String::new(), |query| format!(" with the query {query}"));
        (format!("the path {}{query} (origin form)", target.path()), "RFC 9112 §3.2.1")
    };
    r.note(|| note);
    r.cite(section);
}

/// What the status says.
#[inline]
pub(super) fn about_status<T: Trace>(r: &mut Reader<'_, T>, code: u16) {
    if !T::ON {
        return;
    }
    match registry::status(code) {
        Some(info) => {
            r.note(|| format!("{}: {}", info.name, info.meaning.trim_end_matches('.')));
            r.cite(info.section);
        }
        None => r.note(|| format!("not registered: as good as {}00", code / 100)),
    }
}
