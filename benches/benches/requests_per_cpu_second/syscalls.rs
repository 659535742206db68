//! System calls per request, counted by strace. It makes each call so slow that more connections become ready between
//! two waits than without it: the share of `epoll_wait` is lower here than it is in the timed runs.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use crate::Workload;
use crate::server::{Kind, Server};

/// Enough that what a server does once, at its start and for each connection, is below the last digit printed.
const REQUESTS: u64 = 20_000;

pub(crate) fn report(kinds: &[Kind], workloads: &[Workload]) -> io::Result<()> {
    println!("System calls of the server per request, of {REQUESTS} requests each, counted by strace.");
    for workload in workloads.iter().filter(|workload| workload.idle == 0) {
        println!("\n{}, requests of {} bytes", workload.title, workload.request.bytes.len());
        for &kind in kinds {
            let calls = count(kind, workload)?;
            let total: f64 = calls.values().sum();
            let mut each: Vec<_> = calls.iter().filter(|(_, count)| **count >= 0.02).collect();
            each.sort_by(|a, b| b.1.total_cmp(a.1));
            let each: Vec<_> = each.iter().map(|(name, count)| format!("{name} {count:.2}")).collect();
            println!("  {:<22} {total:>5.2}   {}", kind.title(), each.join(", "));
        }
    }
    Ok(())
}

fn count(kind: Kind, workload: &Workload) -> io::Result<BTreeMap<String, f64>> {
    let path = std::env::temp_dir().join(format!("wirelab-bench-strace-{}", std::process::id()));
    let file = path.display().to_string();
    let server = Server::start_under(&["strace", "-f", "-c", "-o", &file], kind)?;
    let requests = workload.connect(&server)?.run_until(REQUESTS)?;
    drop(server); // strace writes its table when the server has ended
    let table = fs::read_to_string(&path)?;
    fs::remove_file(&path)?;
    Ok(rows(&table).map(|(name, calls)| (name.to_owned(), calls as f64 / requests as f64)).collect())
}

/// Lines `% time  seconds  usecs/call  calls  [errors]  name`, between two rules.
fn rows(table: &str) -> impl Iterator<Item = (&str, u64)> {
    let lines = table.lines().skip_while(|line| !line.starts_with("------")).skip(1);
    lines.take_while(|line| !line.starts_with("------")).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some((*words.last()?, words.get(3)?.parse().ok()?))
    })
}
