//! The traces of RFC 8448, as the files of `tests/vectors/` hold them: steps, each with named values.

use std::path::Path;

/// One step of a trace: who does what, and the values that the RFC prints for it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) who: String,
    pub(crate) does: String,
    values: Vec<(String, Vec<u8>)>,
}

impl Step {
    /// The value of this name, if the step has it.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| &value[..])
    }

    /// The handshake message that the step constructs, if it does so: its only value.
    pub(crate) fn message(&self) -> Option<&[u8]> {
        self.does.starts_with("construct").then(|| &self.values[0].1[..])
    }

    /// The value of this name.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &[u8] {
        self.get(name).unwrap_or_else(|| panic!("no `{name}` in [{}] {}", self.who, self.does))
    }
}

/// The trace of a section of RFC 8448, 3 to 7.
pub(crate) fn trace(section: u8) -> Vec<Step> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let file = dir.join(format!("rfc8448_section_{section}.txt"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix('[') {
            let (who, does) = rest.split_once("] ").expect(line);
            steps.push(Step { who: who.to_owned(), does: does.to_owned(), values: Vec::new() });
        } else if let Some(name) = line.strip_suffix(" =") {
            steps.last_mut().expect(line).values.push((name.to_owned(), Vec::new()));
        } else if let Some(digits) = line.strip_prefix("  ") {
            let bytes = wirelab_wire::hex::parse(digits).expect(line);
            let (_, value) = steps.last_mut().and_then(|step| step.values.last_mut()).expect(line);
            value.extend(bytes);
        } else {
            assert_eq!(line, "", "a line of no kind");
        }
    }
    assert!(steps.len() > 20, "section {section} has {} steps", steps.len());
    complete_hellos(&mut steps);
    steps
}

/// A ClientHello with pre-shared keys is printed without its binders; whole, it is the payload of the next record.
fn complete_hellos(steps: &mut [Step]) {
    for at in 0..steps.len() {
        if steps[at].does.ends_with("a ClientHello handshake message") && steps[at].message().is_some() {
            let sent =
                steps[at..].iter().find(|step| step.does == "send handshake record").expect("a record");
            let whole = sent.value("payload").to_vec();
            let (_, value) =
                steps[at].values.iter_mut().find(|(name, _)| name == "ClientHello").expect("a hello");
            assert!(whole.starts_with(value));
            *value = whole;
        }
    }
}
