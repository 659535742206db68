use std::fmt::Debug;
use std::time::Duration;

use wirelab::kernel::wire::Protocol;
use wirelab::kernel::{SocketEntry, UnixEntry};

use crate::Table;

/// TCP and UDP sockets, a line each, as iproute2's `ss` has them. Recv-Q and Send-Q are bytes; of a listener they are the
/// accept queue and its limit.
pub fn socket_table(entries: &[SocketEntry]) -> Table {
    let heading = ["Netid", "State", "Recv-Q", "Send-Q", "Local", "Peer", "Timer"];
    entries.iter().fold(Table::new(heading), |table, entry| {
        let timer = match entry.expires {
            Duration::ZERO => String::new(),
            expires => format!("{} {expires:?}, {} retries", entry.timer, entry.retransmits),
        };
        table.row([
            if entry.protocol == Protocol::TCP { "tcp".to_owned() } else { "udp".to_owned() },
            entry.state.to_string(),
            entry.receive_queue.to_string(),
            entry.send_queue.to_string(),
            entry.local.to_string(),
            peer(entry),
            timer,
        ])
    })
}

/// The peer's address, or a star.
fn peer(entry: &SocketEntry) -> String {
    if entry.remote.port() == 0 { "*".to_owned() } else { entry.remote.to_string() }
}

/// Unix sockets, a line each.
pub fn unix_table(sockets: &[UnixEntry]) -> Table {
    let heading = ["Netid", "State", "Recv-Q", "Send-Q", "Name", "Inode", "Peer"];
    sockets.iter().fold(Table::new(heading), |table, socket| {
        table.row([
            socket.kind.name().unwrap_or("?").replace("SOCK_", "unix ").to_lowercase(),
            socket.state.to_string(),
            socket.receive_queue.to_string(),
            socket.send_queue.to_string(),
            socket.name.clone().unwrap_or_else(|| "*".to_owned()),
            socket.inode.to_string(),
            socket.peer.map_or_else(|| "*".to_owned(), |inode| inode.to_string()),
        ])
    })
}

/// What else the kernel told of a socket, under its addresses: its `TCP_INFO`, its memory, or both.
pub fn socket_details(entry: &SocketEntry, info: bool, memory: bool) -> String {
    let info = entry.info.filter(|_| info).map(|info| fields(&info));
    let memory = entry.memory.filter(|_| memory).map(|memory| fields(&memory));
    let control = entry.congestion.as_deref().unwrap_or_default();
    let mut lines = vec![format!("{} {} {control}", entry.local, peer(entry))];
    lines.extend(info.into_iter().chain(memory));
    lines.join("\n")
}

/// The fields of a struct and their values, in lines of some width.
fn fields(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    let inside = text.split_once("{ ").and_then(|(_, rest)| rest.strip_suffix(" }")).unwrap_or(&text);
    let mut lines: Vec<String> = Vec::new();
    // The state is in the table, by its name.
    for field in inside.split(", ").filter(|field| !field.starts_with("state: ")) {
        match lines.last_mut() {
            Some(line) if line.len() + field.len() < 110 => *line += &format!(" {field},"),
            _ => lines.push(format!("    {field},")),
        }
    }
    lines.join("\n").trim_end_matches(',').to_owned()
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn the_fields_of_a_struct_fill_lines() {
        #[derive(Debug)]
        struct Some {
            _text: String,
            _number: u8,
        }
        let long = fields(&Some { _text: "x".repeat(100), _number: 1 });
        assert_eq!(long, format!("    _text: {:?},\n    _number: 1", "x".repeat(100)));
        assert_eq!(fields(&Some { _text: String::new(), _number: 1 }), "    _text: \"\", _number: 1");
    }
}
