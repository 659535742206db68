use std::fmt::Write;
use std::process::exit;
use std::str::FromStr;

use lexopt::prelude::*;

/// The options that a program was started with.
///
/// An option is declared by what `--help` says of it: `"--explain"` is a switch, `"--svg FILE"` takes a value, and `"URL"`
/// is an argument without a name.
/// `--help` prints the declarations and ends the program with 0; what was not declared ends it with 2.
#[derive(Debug)]
pub struct Args {
    given: Vec<(String, String)>,
}

/// An option's declaration, and what the option does.
pub(crate) type Declared = (&'static str, &'static str);

impl Args {
    /// Reads the command line.
    pub fn parse(about: &str, options: &[(&'static str, &'static str)]) -> Self {
        end_quietly_when_nobody_reads();
        let mut parser = lexopt::Parser::from_env();
        match Args::read(&mut parser, options) {
            Ok(Some(args)) => args,
            Ok(None) => {
                let program = parser.bin_name().and_then(|path| path.rsplit('/').next());
                print!("{}", help(about, program.unwrap_or("program"), options));
                exit(0)
            }
            Err(error) => {
                eprintln!("{error} (--help says what there is)");
                exit(2)
            }
        }
    }

    /// `None` if help was asked for.
    fn read(parser: &mut lexopt::Parser, options: &[Declared]) -> Result<Option<Self>, lexopt::Error> {
        let mut given = Vec::new();
        while let Some(argument) = parser.next()? {
            let name = match argument {
                Short('h') | Long("help") => return Ok(None),
                Long(name) => format!("--{name}"),
                Value(value) => match nameless(options, &given) {
                    Some(name) => {
                        given.push((name, value.string()?));
                        continue;
                    }
                    None => return Err(Value(value).unexpected()),
                },
                other => return Err(other.unexpected()),
            };
            let mut declared =
                options.iter().map(|(declared, _)| declared.split_once(' ').unwrap_or((declared, "")));
            match declared.find(|(declared, _)| *declared == name) {
                Some((_, "")) => given.push((name, String::new())),
                Some(_) => given.push((name, parser.value()?.string()?)),
                None => return Err(Long(name.trim_start_matches('-')).unexpected()),
            }
        }
        Ok(Some(Args { given }))
    }

    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The option's value; the last one counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The option's value as a number, an address or the like; without the option, `usual`. A value that cannot be
    /// read ends the program with 2.
    pub fn value<T: FromStr>(&self, name: &str, usual: T) -> T {
        match self.get(name).map(str::parse) {
            None => usual,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                eprintln!("the value of {name} cannot be read (--help says what there is)");
                exit(2)
            }
        }
    }
}

/// The first argument without a name that was declared and is not given yet.
fn nameless(options: &[Declared], given: &[(String, String)]) -> Option<String> {
    let mut nameless = options.iter().map(|(declared, _)| *declared).filter(|name| !name.starts_with("--"));
    nameless.find(|name| given.iter().all(|(given, _)| given != name)).map(str::to_owned)
}

/// `program | head` closes the pipe when it has seen enough. That is no failure, and no reason for a back trace.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.to_string().contains("failed printing to stdout: Broken pipe") {
            exit(0)
        }
        usual(panic)
    }));
}

fn help(about: &str, program: &str, options: &[Declared]) -> String {
    let mut text = format!("{about}\n\nUsage: {program} [OPTIONS]\n\n");
    let width = options.iter().map(|(declared, _)| declared.len()).max().unwrap_or(0).max(6);
    for (declared, does) in options.iter().chain(&[("--help", "this text")]) {
        let _ = writeln!(text, "  {declared:<width$}  {does}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: [Declared; 2] = [("--explain", "shows bytes"), ("--svg FILE", "draws")];

    fn read(arguments: &[&str]) -> Result<Option<Args>, lexopt::Error> {
        let line = ["program"].iter().chain(arguments);
        Args::read(&mut lexopt::Parser::from_iter(line), &OPTIONS)
    }

    #[test]
    fn switches_and_values_are_told_apart_by_their_declaration() {
        let args = read(&["--svg", "a.svg", "--explain", "--svg=b.svg"]).unwrap().unwrap();
        assert!(args.has("--explain"));
        assert_eq!(args.get("--svg"), Some("b.svg"));
        assert!(read(&["--help"]).unwrap().is_none());
    }

    #[test]
    fn what_was_not_declared_is_refused() {
        for line in [&["--loud"][..], &["file"], &["--svg"], &["-x"]] {
            assert!(read(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn an_argument_without_a_name_is_taken_once_if_it_is_declared() {
        let read = |line: &[&str]| {
            let line = ["program"].iter().chain(line);
            Args::read(&mut lexopt::Parser::from_iter(line), &[("URL", "where"), ("--fast", "")])
        };
        let args = read(&["--fast", "http://a/"]).unwrap().unwrap();
        assert_eq!((args.get("URL"), args.has("--fast")), (Some("http://a/"), true));
        assert!(read(&["http://a/", "http://b/"]).is_err() && read(&["--URL"]).is_err());
    }

    #[test]
    fn help_names_every_option() {
        let text = help("Shows a thing.", "program", &OPTIONS);
        assert_eq!(
            text,
            "Shows a thing.\n\nUsage: program [OPTIONS]\n\n  --explain   shows bytes\n  --svg FILE  draws\n  --help      this text\n"
        );
    }
}
