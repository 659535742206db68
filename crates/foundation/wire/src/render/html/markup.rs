/// Text that cannot be taken for markup, inside an element or a quoted attribute.
///
/// ```
/// assert_eq!(wirelab_wire::render::escape("<a href='?x&y'>"), "&lt;a href=&#39;?x&amp;y&#39;&gt;");
/// ```
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Where a section such as `RFC 9112 §3.2` can be read. `None`: it is not of an RFC.
///
/// ```
/// let address = wirelab_wire::render::section_address("RFC 9112 §3.2");
/// assert_eq!(address.as_deref(), Some("https://www.rfc-editor.org/rfc/rfc9112#section-3.2"));
/// ```
pub fn section_address(section: &str) -> Option<String> {
    let rest = section.strip_prefix("RFC ")?;
    let (number, part) = rest.split_once(" §").unwrap_or((rest, ""));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let anchor = if part.is_empty() { String::new() } else { format!("#section-{part}") };
    is_number.then(|| format!("https://www.rfc-editor.org/rfc/rfc{number}{anchor}"))
}
