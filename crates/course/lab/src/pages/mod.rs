//! What is shown, as HTML, as text for terminals, and as JSON.

pub mod home;
pub mod odd;
pub mod sockets;
pub mod tcp;
pub mod text;

/// A picture drawn by our code. In an address of its own it may have the style that the page's policy forbids to the page.
fn picture(svg: &str, alternative: &str) -> String {
    let mut address = String::from("data:image/svg+xml,");
    for byte in svg.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'=' | b':' | b'/' | b';' | b'.' | b'-' => {
                address.push(char::from(byte));
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    format!("<img class=\"picture\" src=\"{address}\" alt=\"{}\">\n", crate::html::escape(alternative))
}
