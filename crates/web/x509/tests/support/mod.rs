//! The files of `tests/vectors/`.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use wirelab_x509::{Error, pem};

/// Where the vectors are.
pub(crate) const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// All files below a folder of vectors, sorted, with their names from there on.
pub(crate) fn files(folder: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    collect(&Path::new(VECTORS).join(folder), &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(VECTORS).unwrap().to_str().unwrap().to_owned();
    found.into_iter().map(|path| (name(&path), path)).collect()
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, found),
            false => found.push(path),
        }
    }
}

/// The DER of the certificates that a file holds. By their names, revocation lists and keys are none.
pub(crate) fn certificates_of(path: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let name = path.file_name().unwrap().to_str().unwrap();
    if name.starts_with("crl_") || name.ends_with(".crl") || name.contains("pubkey") {
        return Ok(Vec::new());
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("pem") => pem::certificates(&fs::read_to_string(path).unwrap()),
        Some("der" | "cer") => Ok(vec![fs::read(path).unwrap()]),
        _ => Ok(Vec::new()),
    }
}

/// The text of a vector.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(Path::new(VECTORS).join(name)).unwrap()
}

/// The DER of the revocation lists that a file holds, by its name.
pub(crate) fn lists_of(path: &Path) -> Vec<Vec<u8>> {
    let name = path.file_name().unwrap().to_str().unwrap();
    match (
        path.extension().and_then(|extension| extension.to_str()),
        name.starts_with("crl_") || name.ends_with("_crl.pem"),
    ) {
        (Some("crl"), _) | (Some("der"), true) => vec![fs::read(path).unwrap()],
        (Some("pem"), true) => {
            let text = fs::read_to_string(path).unwrap();
            let blocks = pem::blocks(&text).map(Result::unwrap);
            blocks.filter(|block| block.label == "X509 CRL").map(|block| block.der).collect()
        }
        _ => Vec::new(),
    }
}
