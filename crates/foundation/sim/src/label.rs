use crate::Side;

/// Names a packet by who sent it and its bytes.
pub(crate) type Labeller = Box<dyn Fn(Side, &[u8]) -> String>;

/// The default label of a packet: `12 bytes`.
pub fn byte_count(_from: Side, packet: &[u8]) -> String {
    match packet.len() {
        1 => "1 byte".into(),
        len => format!("{len} bytes"),
    }
}

/// A label for protocols of text: the packet's first line if it ends in CRLF and is printable ASCII, otherwise [`byte_count`].
///
/// ```
/// use wirelab_sim::{Side, first_line};
///
/// assert_eq!(first_line(Side::Client, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), "GET /a HTTP/1.1");
/// assert_eq!(first_line(Side::Server, &[0; 300]), "300 bytes");
/// ```
pub fn first_line(from: Side, packet: &[u8]) -> String {
    let line = packet.windows(2).position(|pair| pair == b"\r\n").and_then(|end| packet.get(..end));
    match line.map(str::from_utf8) {
        Some(Ok(line)) if !line.is_empty() && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
            line.into()
        }
        _ => byte_count(from, packet),
    }
}
