//! `/upload`: content of any length goes to the disk, piece by piece, and none of it stays in memory.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use wirelab_http::{Fields, StatusCode};

use crate::{Flow, Reply, Step, Upload};

pub(super) fn begin(place: Option<&Path>) -> Step {
    match place.map(open).transpose() {
        Ok(file) => Step::Read(Box::new(Receipt { file, len: 0, checksum: FNV_OFFSET })),
        Err(error) => failed(&error).into(),
    }
}

/// In a folder: a new file, whose name is taken away at once. It goes when its descriptor does, whatever becomes of the
/// request or of the process.
fn open(place: &Path) -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    if !place.is_dir() {
        return File::options().write(true).open(place);
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = place.join(format!(".upload-{}-{number}", process::id()));
    let file = File::options().write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

struct Receipt {
    file: Option<File>,
    len: u64,
    checksum: u64,
}

impl Upload for Receipt {
    fn data(&mut self, data: Bytes) -> Flow {
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(&data)
        {
            return Flow::Respond(failed(&error).into());
        }
        self.len += data.len() as u64;
        self.checksum = fnv1a(self.checksum, &data);
        Flow::Continue
    }

    fn end(self: Box<Self>, _trailers: Fields) -> Step {
        let text = format!("{{\"bytes\": {}, \"fnv1a\": \"{:016x}\"}}\n", self.len, self.checksum);
        Reply::json(text).into()
    }
}

fn failed(error: &io::Error) -> Reply {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => Reply::error(StatusCode::INSUFFICIENT_STORAGE),
        Some(libc::EFBIG) => Reply::error(StatusCode::CONTENT_TOO_LARGE),
        Some(libc::EMFILE | libc::ENFILE) => Reply::error(StatusCode::SERVICE_UNAVAILABLE),
        _ => Reply::error(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: shows that all arrived in order. It is no defence against anybody.
fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
