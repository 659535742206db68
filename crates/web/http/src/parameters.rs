use std::borrow::Cow;

use crate::grammar::{TOKEN, trim};

/// The parameters behind a value, `; name=value; name="quoted value"`, one after the other (RFC 9110 §5.6.6). Ends
/// with an error at the first one that is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Parameters<'t> {
    rest: &'t str,
}

/// A parameter that is not `name=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'t> Parameters<'t> {
    /// The parameters in `text`, which is empty or begins with blanks or `;`.
    pub(crate) fn of(text: &'t str) -> Self {
        Parameters { rest: text }
    }

    fn parameter(&mut self) -> Result<Option<(&'t str, Cow<'t, str>)>, Malformed> {
        loop {
            let rest = self.rest.trim_start_matches([' ', '\t']);
            if rest.is_empty() {
                return Ok(None);
            }
            let rest = rest.strip_prefix(';').ok_or(Malformed)?.trim_start_matches([' ', '\t']);
            // An empty parameter, as in `text/html;`, is legal and ignored.
            if rest.is_empty() || rest.starts_with(';') {
                self.rest = rest;
                continue;
            }
            let (name, rest) = token(rest)?;
            let (value, rest) = value(rest.strip_prefix('=').ok_or(Malformed)?)?;
            self.rest = rest;
            return Ok(Some((name, value)));
        }
    }
}

impl<'t> Iterator for Parameters<'t> {
    type Item = Result<(&'t str, Cow<'t, str>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.parameter();
        if next.is_err() {
            self.rest = "";
        }
        next.transpose()
    }
}

/// The token at the start of `text`, and what follows it.
fn token(text: &str) -> Result<(&str, &str), Malformed> {
    let (token, rest) = text.split_at_checked(TOKEN.span(text.as_bytes())).ok_or(Malformed)?;
    if token.is_empty() { Err(Malformed) } else { Ok((token, rest)) }
}

/// A token or a quoted-string, and what follows it.
fn value(text: &str) -> Result<(Cow<'_, str>, &str), Malformed> {
    match text.strip_prefix('"') {
        Some(quoted) => unquote(quoted),
        None => token(text).map(|(token, rest)| (token.into(), rest)),
    }
}

/// What stands before the closing quote, without the backslashes that protect characters (RFC 9110 §5.6.4).
fn unquote(text: &str) -> Result<(Cow<'_, str>, &str), Malformed> {
    let mut plain = String::new();
    let mut rest = text;
    loop {
        let special = rest.find(['"', '\\']).ok_or(Malformed)?;
        let (run, at) = rest.split_at_checked(special).ok_or(Malformed)?;
        if let Some(behind) = at.strip_prefix('"') {
            let value = if plain.is_empty() { run.into() } else { (plain + run).into() };
            return Ok((value, behind));
        }
        plain.push_str(run);
        let mut protected = at.chars();
        protected.next();
        plain.push(protected.next().ok_or(Malformed)?);
        rest = protected.as_str();
    }
}

/// Writes a parameter value: as it is if it is a token, else quoted.
pub(crate) fn quote(value: &str) -> Cow<'_, str> {
    if crate::grammar::is_token(value.as_bytes()) {
        return value.into();
    }
    let mut quoted = String::from("\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted.into()
}

/// `value` up to its parameters, and those.
pub(crate) fn split_parameters(value: &[u8]) -> Option<(&str, Parameters<'_>)> {
    let text = std::str::from_utf8(trim(value)).ok()?;
    let (head, parameters) = text.split_at_checked(text.find(';').unwrap_or(text.len()))?;
    Some((head.trim_end_matches([' ', '\t']), Parameters::of(parameters)))
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Parameters, quote};
    use proptest::prelude::*;

    fn all(text: &str) -> Result<Vec<(String, String)>, Malformed> {
        Parameters::of(text).map(|parameter| parameter.map(|(n, v)| (n.to_owned(), v.into_owned()))).collect()
    }

    #[test]
    fn values_are_tokens_or_quoted_strings() {
        let expected =
            [("a", "1"), ("b", "x;y=\"z\" \\"), ("c", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(all(r#" ;a=1;; b="x;y=\"z\" \\" ;c="";"#), Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_no_parameter_is_malformed() {
        for text in ["a=1", ";a", ";a=", ";=1", ";a =1", ";a= 1", ";a=\"1", ";a=\"1\\", ";a=1 b", ";a=1\"2\""]
        {
            assert_eq!(all(text), Err(Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read(value in "[ -~ä\t]{0,20}") {
            let text = format!(";v={}", quote(&value));
            prop_assert_eq!(all(&text), Ok(vec![("v".to_owned(), value)]));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[;=\"\\\\ a-cä]{0,30}") {
            let _ = all(&text);
        }
    }
}
