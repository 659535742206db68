//! The chapter programs, started as a reader starts them.
//!
//! Output that is the same every time is compared with `tests/golden/NAME.txt`; with `WIRELAB_BLESS=1` that file is
//! written instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The names of all programs.
///
/// # Panics
/// The folder of programs cannot be read.
pub fn names() -> Vec<String> {
    let files = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut names: Vec<String> =
        sources.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Where cargo puts the programs: beside the folder of this test's own binary.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples")
}

/// The program's binary. `cargo test --workspace` has built it; for `cargo test -p wirelab-tests`, which has not, it is built
/// here if it is missing or older than the sources in examples/.
///
/// # Panics
/// It cannot be built.
pub fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let changed = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        let shared = fs::read_dir(examples().join("src")).unwrap().map(|entry| entry.unwrap().path());
        let sources = shared.chain(names().into_iter().map(|name| examples().join(format!("{name}.rs"))));
        let newest: Option<SystemTime> = sources.filter_map(changed).max();
        let oldest = names().iter().map(|name| changed(built().join(name))).min().flatten();
        if oldest.is_none() || oldest < newest {
            build();
        }
    });
    built().join(name)
}

fn build() {
    let target = built();
    let profile = target.parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "-p", "wirelab-examples", "--examples"]).current_dir(examples());
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(profile) => {
            cargo.args(["--profile", profile]);
        }
    }
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
}

/// Runs a program to its end.
///
/// # Panics
/// It cannot be started.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name)).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What the program prints, if it ends well.
///
/// # Panics
/// It does not end well.
#[track_caller]
pub fn printed(name: &str, arguments: &[&str]) -> String {
    let output = run(name, arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} {arguments:?}: {}\n{out}\n{err}", output.status);
    out
}

/// That the program prints what is in `tests/golden/NAME.txt`.
///
/// # Panics
/// It does not.
#[track_caller]
pub fn is_golden(name: &str, arguments: &[&str]) {
    is_in_file(&printed(name, arguments), &format!("golden/{name}.txt"));
}

/// That `actual` is the text of `file`, whose name counts from this package's folder.
///
/// # Panics
/// It is not.
#[track_caller]
pub fn is_in_file(actual: &str, file: &str) {
    let file = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WIRELAB_BLESS").is_some() {
        fs::write(&file, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{file}: {error} (WIRELAB_BLESS=1 writes it)"));
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        assert_eq!(actual, expected, "line {} of {file}", number + 1);
    }
    assert_eq!(actual, expected, "{file}");
}
