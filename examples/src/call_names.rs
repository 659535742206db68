use std::os::fd::{AsFd, AsRawFd};

use wirelab::socket::Call;

/// Names for what has another number in each run, so that system calls read the same each time.
///
/// ```
/// use wirelab::socket::{Socket, record};
/// use wirelab_examples::CallNames;
///
/// # fn main() -> std::io::Result<()> {
/// let address = "127.0.0.1:0".parse().unwrap();
/// let (socket, calls) = record(|| Socket::tcp_for(&address));
/// let mut names = CallNames::default();
/// names.descriptor(&socket?, "listener");
/// let text = names.apply(&calls[0]);
/// assert_eq!(text, "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = listener");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallNames {
    descriptors: Vec<(String, &'static str)>,
    ports: Vec<(u16, &'static str)>,
}

impl CallNames {
    /// From now on, the descriptor of this socket has a name.
    pub fn descriptor(&mut self, socket: &impl AsFd, name: &'static str) {
        let descriptor = socket.as_fd().as_raw_fd().to_string();
        self.descriptors.retain(|(number, _)| *number != descriptor);
        self.descriptors.push((descriptor, name));
    }

    /// From now on, the port has this name, and no other port has.
    pub fn port(&mut self, port: u16, name: &'static str) {
        self.ports.retain(|(_, known)| *known != name);
        self.ports.push((port, name));
    }

    /// The call as `strace` would write it, with names for numbers.
    pub fn apply(&self, call: &Call) -> String {
        let text = call.to_string();
        let result = text.rsplit_once(" = ").map_or("", |(_, result)| result);
        let result = if matches!(call.name, "socket" | "accept4") { self.named(result) } else { result };
        let (first, rest) = call.arguments.split_at(call.arguments.find(',').unwrap_or(call.arguments.len()));
        let text = format!("{}({}{rest}) = {result}", call.name, self.named(first));
        self.ports.iter().fold(text, |text, (port, name)| {
            text.replace(&format!("htons({port})"), &format!("htons({name})"))
        })
    }

    fn named<'a>(&'a self, text: &'a str) -> &'a str {
        self.descriptors.iter().find(|(number, _)| number == text).map_or(text, |(_, name)| name)
    }
}
