//! The text files below `/proc` that are read here. The kernel writes them; all the same, what is not as expected is an error
//! that names the file and the line.

use std::fs;
use std::io::{self, Read};

/// The longest file that is read. `/proc/net/netstat` has some 4 KB.
const LONGEST: u64 = 1 << 20;

/// The whole file.
pub(crate) fn read(file: &str) -> io::Result<String> {
    let mut text = String::new();
    let opened = fs::File::open(file).map_err(|error| about(file, &error.to_string(), error.kind()))?;
    opened.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// The values of one protocol, in a file in which each has two lines that begin with its name: the names, and below them
/// the values. Negative values, which are settings that mean "no limit", are left out.
pub(crate) fn pairs_of_lines(file: &str, text: &str, protocol: &str) -> io::Result<Vec<(String, u64)>> {
    let of_protocol = |(number, line): (usize, &'_ str)| {
        let (name, rest) = line.split_once(':')?;
        (name == protocol)
            .then(|| (number + 1, rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>()))
    };
    let mut lines = text.lines().enumerate().filter_map(of_protocol);
    let (Some((_, names)), Some((number, values))) = (lines.next(), lines.next()) else {
        return Err(invalid(file, &format!("there are no two lines `{protocol}:`")));
    };
    if names.len() != values.len() {
        let (names, values) = (names.len(), values.len());
        return Err(invalid(file, &format!("line {number} has {values} values for {names} names")));
    }
    let mut pairs = Vec::with_capacity(names.len());
    for (name, value) in names.into_iter().zip(values) {
        match value.parse() {
            Ok(value) => pairs.push((name, value)),
            Err(_) if value.parse::<i64>().is_ok() => {}
            Err(_) => return Err(invalid(file, &format!("line {number}: {name} is `{value}`"))),
        }
    }
    Ok(pairs)
}

/// That the file is not as expected.
pub(crate) fn invalid(file: &str, what: &str) -> io::Error {
    about(file, what, io::ErrorKind::InvalidData)
}

/// An error that names the file.
pub(crate) fn about(file: &str, what: &str, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("{file}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Ip: A\nIp: 9\nTcp: MaxConn InSegs\nTcp: -1 5\nTcpExt: X\nTcpExt: 3\n";

    #[test]
    fn values_stand_below_their_names() {
        assert_eq!(pairs_of_lines("f", TEXT, "Tcp").unwrap(), [("InSegs".to_owned(), 5)]);
        assert_eq!(pairs_of_lines("f", TEXT, "TcpExt").unwrap(), [("X".to_owned(), 3)]);
    }

    #[test]
    fn what_is_not_as_expected_is_named_with_its_file_and_line() {
        let error = |text: &str| pairs_of_lines("f", text, "Tcp").unwrap_err().to_string();
        assert_eq!(error("Tcp: A\n"), "f: there are no two lines `Tcp:`");
        assert_eq!(error("Tcp: A B\nTcp: 1\n"), "f: line 2 has 1 values for 2 names");
        assert_eq!(error("Tcp: A\nTcp: x\n"), "f: line 2: A is `x`");
        assert!(read("/proc/net/none").unwrap_err().to_string().starts_with("/proc/net/none: "));
    }
}
