//! Parts of files, behind what was written.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use crate::pairs::{channel, pattern};
use crate::support::on_each;

#[test]
fn a_file_follows_what_was_written_and_stops_for_a_slow_reader() {
    const HEAD: usize = 30_000;
    const FILE: usize = 20_000_000;
    let path = std::env::temp_dir().join(format!("wirelab-reactor-file-{}", std::process::id()));
    fs::write(&path, pattern(HEAD, FILE)).unwrap();
    let file = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        let reader = thread::spawn(move || {
            let (mut all, mut buffer) = (Vec::new(), vec![0; 50_000]);
            while let count @ 1.. = client.read(&mut buffer).unwrap() {
                all.extend_from_slice(&buffer[..count]);
            }
            all
        });
        assert_eq!(reactor.write(&channel, &pattern(0, HEAD)).unwrap(), HEAD);
        let (mut sent, mut refused) = (0, 0);
        while sent < FILE {
            match reactor.send_file(&channel, &file, sent as u64, FILE - sent) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    refused += 1;
                    // Until the event says that there is room; it must come.
                    let mut writable = false;
                    while !writable {
                        reactor.poll(Some(Duration::from_secs(60))).unwrap();
                        let event = reactor.next_event().expect("an event before the deadline");
                        writable = event.is_writable();
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(reactor.send_file(&channel, &file, FILE as u64, 10).unwrap(), 0, "the file's end");
        reactor.shut_down(&channel).unwrap();
        assert!(reader.join().unwrap() == pattern(0, HEAD + FILE), "all of it in order");
        assert!(refused > 0, "it was larger than the send buffer");
    });
}
