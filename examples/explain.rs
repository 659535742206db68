//! Explains bytes field by field: `cargo run -p wirelab-examples --example explain -- udp 'c000 0035 0009 0000 21'`.
//!
//! The trees come from the decoders themselves; no format is described here.

use std::io::{Read, Write};
use std::process::ExitCode;

use lexopt::prelude::*;
use wirelab::formats::{self, Format};
use wirelab::wire::render::{self, Style};
use wirelab::wire::{Explanation, hex};

const HELP: &str = "\
Explains bytes field by field.

Usage: explain [OPTIONS] [FORMAT [BYTES]]

  BYTES     what to explain: in hexadecimal, or as text with \\r \\n \\t \\0 \\\\ \\xHH, whichever the format is written in
  @FILE     instead of BYTES: the content of a file, as it is
  -         instead of BYTES: the standard input, as it is
  nothing   the format's example; without FORMAT, the example of each

  --hex     BYTES, file or input are in hexadecimal (# begins a comment)
  --text    BYTES, file or input are text with escapes
  --source  shows the line of source code that read each field
  --json    writes JSON
  --html    writes a page
  --help    this text

Exit status: 0 if the bytes are what they should be, 1 if they are refused (what was understood is shown all the
same), 2 if there is nothing to explain.
";

type Failure = Box<dyn std::error::Error>;

#[derive(Default)]
struct Options {
    notation: Option<Notation>,
    output: Output,
    source: bool,
    words: Vec<String>,
}

#[derive(Clone, Copy)]
enum Notation {
    Hex,
    Text,
    AsItIs,
}

#[derive(Default)]
enum Output {
    #[default]
    Terminal,
    Json,
    Html,
}

fn main() -> ExitCode {
    match run() {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("explain: {failure} (--help says what there is)");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let Some(options) = arguments(lexopt::Parser::from_env())? else {
        print(&format!("{HELP}\nFormats:\n{}", list()))?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some((name, what)) = options.words.split_first() else { return examples(&options) };
    let format = find(name)?;
    match what {
        [] => explain(&options, format, &format.sample_bytes()),
        [what] => explain(&options, format, &bytes(&options, format, what)?),
        _ => Err("more than one thing to explain; quotes keep bytes together".into()),
    }
}

/// `None` if help was asked for.
fn arguments(mut parser: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("hex") => options.notation = Some(Notation::Hex),
            Long("text") => options.notation = Some(Notation::Text),
            Long("source") => options.source = true,
            Long("json") => options.output = Output::Json,
            Long("html") => options.output = Output::Html,
            Value(word) => options.words.push(word.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

fn find(name: &str) -> Result<&'static Format, Failure> {
    formats::find(name).ok_or_else(|| format!("no format is called `{name}`; there are\n{}", list()).into())
}

fn list() -> String {
    formats::all().iter().map(|format| format!("  {:<15} {}\n", format.name, format.about)).collect()
}

fn examples(options: &Options) -> Result<ExitCode, Failure> {
    for format in formats::all() {
        if let Output::Terminal = options.output {
            print(&format!("{}: {}\n\n", format.name, format.about))?;
        }
        explain(options, format, &format.sample_bytes())?;
        print("\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(options: &Options, format: &Format, bytes: &[u8]) -> Result<ExitCode, Failure> {
    let explanation = (format.explain)(bytes);
    let text = match options.output {
        Output::Terminal => {
            render::terminal(&explanation, Style { source: options.source, ..Style::detect() })
        }
        Output::Json => format!("{:#}\n", render::json(&explanation)),
        Output::Html => page(format, &explanation),
    };
    print(&text)?;
    Ok(ExitCode::from(u8::from(explanation.error.is_some())))
}

fn page(format: &Format, explanation: &Explanation) -> String {
    let tree = render::html(explanation, &render::HtmlOptions::default());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>\n{}</style>\n{tree}</html>\n",
        format.name,
        render::CSS
    )
}

/// What is given on the command line is in the format's own notation; what a file or another program has is as it is.
fn bytes(options: &Options, format: &Format, what: &str) -> Result<Vec<u8>, Failure> {
    let own = if format.text { Notation::Text } else { Notation::Hex };
    let (content, usual) = match what.strip_prefix('@') {
        Some(file) => (std::fs::read(file).map_err(|error| format!("{file}: {error}"))?, Notation::AsItIs),
        None if what == "-" => (standard_input()?, Notation::AsItIs),
        None => (what.as_bytes().to_vec(), own),
    };
    match options.notation.unwrap_or(usual) {
        Notation::AsItIs => Ok(content),
        Notation::Hex => Ok(hex::parse(&String::from_utf8(content)?)?),
        Notation::Text => unescape(&String::from_utf8(content)?),
    }
}

fn standard_input() -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    std::io::stdin().lock().read_to_end(&mut content).map(|_| content)
}

fn unescape(text: &str) -> Result<Vec<u8>, Failure> {
    let mut pieces = text.split('\\');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    while let Some(piece) = pieces.next() {
        let (byte, rest) = match piece.split_at_checked(1) {
            // Two backslashes: what follows the second one is plain.
            None if piece.is_empty() => (b'\\', pieces.next().ok_or("a backslash at the end")?),
            Some(("r", rest)) => (b'\r', rest),
            Some(("n", rest)) => (b'\n', rest),
            Some(("t", rest)) => (b'\t', rest),
            Some(("0", rest)) => (0, rest),
            Some(("x", rest)) => escaped_byte(rest).ok_or("two hexadecimal digits should follow `\\x`")?,
            _ => return Err(format!("`\\{piece}` begins with no escape").into()),
        };
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Ok(bytes)
}

fn escaped_byte(text: &str) -> Option<(u8, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let byte = digits.chars().try_fold(0, |byte, digit| Some(byte << 4 | digit.to_digit(16)?))?;
    Some((byte as u8, rest))
}

/// A reader that has seen enough (`| head`) closes the pipe, which is no failure.
fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_become_bytes() {
        let bytes = unescape(r"GET\r\n\t\0\x7f\xFFfoo\\r\\\n").unwrap();
        assert_eq!(bytes, b"GET\r\n\t\0\x7f\xfffoo\\r\\\n");
    }

    #[test]
    fn what_is_no_escape_is_refused() {
        for text in [r"\", r"\q", r"\x", r"\x1", r"\xg0", r"\x-1", r"\x--", r"\é", r"\x1é", r"\\\"] {
            assert!(unescape(text).is_err(), "{text} becomes {:?}", unescape(text));
        }
    }
}
