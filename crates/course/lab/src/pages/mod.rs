//! What is shown, as HTML, as text for terminals, and as JSON.

pub mod home;
pub mod odd;
pub mod sockets;
pub mod text;
