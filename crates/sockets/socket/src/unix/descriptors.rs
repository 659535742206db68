use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::options::{invalid, methods};
use crate::{control, sys};

/// How many descriptors one message carries at most (`SCM_MAX_FD`).
pub const MAX_DESCRIPTORS: usize = 253;

/// Room for the control message of so many.
const ROOM: usize = control::space(MAX_DESCRIPTORS * 4);

methods! {
    [UnixStream, UnixDatagram]
    {
        /// `sendmsg` with `SCM_RIGHTS`: sends bytes, and with them open descriptors: sockets, files, listeners.
        ///
        /// The receiver gets descriptors of its own for the same open sockets, as after `dup`; the numbers
        /// differ. The sender may close its own at once: what is under way is open. That is how a server hands
        /// its listener to its successor, without a moment in which nobody listens.
        ///
        /// Returns how many of the bytes were taken. The descriptors travel with the first of them, so that
        /// there must be one.
        ///
        /// ```
        /// use std::os::fd::AsFd;
        /// use wirelab_socket::{TcpListener, TcpStream, UnixStream};
        ///
        /// # fn main() -> std::io::Result<()> {
        /// let (old, new) = UnixStream::pair()?;                                   // of two processes, say
        /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
        /// let address = listener.local_addr()?;
        /// old.send_descriptors(b"L", &[listener.as_fd()])?;
        /// drop(listener);
        ///
        /// let client = TcpStream::connect(address)?;                              // somebody listens still
        /// let (_count, mut descriptors) = new.receive_descriptors(&mut [0; 1], 1)?;
        /// let listener = TcpListener::from(descriptors.remove(0));
        /// assert_eq!(listener.accept()?.1, client.local_addr()?);
        /// # Ok(()) }
        /// ```
        ///
        /// # Errors
        /// `InvalidInput`: no bytes, or more than 253 descriptors. `ETOOMANYREFS`: more descriptors of this
        /// user are under way than the limit of open files. Those of a write; then nothing was sent.
        pub fn send_descriptors(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
            send(self.as_fd(), bytes, descriptors)
        }

        /// `recvmsg` with `MSG_CMSG_CLOEXEC`: a read that also takes the descriptors that came with the bytes,
        /// at most `limit`, each close-on-exec from the start.
        ///
        /// A read ends behind the bytes of one `sendmsg` with descriptors. An ordinary read throws them away:
        /// the kernel closes them.
        ///
        /// They come from another process: they may be anything that can be open, and blocking or not as it was
        /// left there. Ask what they are ([`TcpListener::is_listening`](crate::TcpListener::is_listening),
        /// say).
        ///
        /// # Errors
        /// `InvalidData`: more descriptors came than `limit`, or than this process may open (`MSG_CTRUNC`).
        /// Those that came are closed, and the bytes are lost: what was meant cannot be known. Those of a read.
        pub fn receive_descriptors(&self, buffer: &mut [u8], limit: usize) -> io::Result<(usize, Vec<OwnedFd>)> {
            receive(self.as_fd(), buffer, limit)
        }
    }
}

fn send(fd: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    if bytes.is_empty() {
        return Err(invalid("descriptors travel with a byte, and there is none"));
    }
    if descriptors.len() > MAX_DESCRIPTORS {
        return Err(invalid("a message carries at most 253 descriptors"));
    }
    let numbers: Vec<u8> = descriptors.iter().flat_map(|fd| fd.as_raw_fd().to_ne_bytes()).collect();
    let mut control = [0; ROOM];
    let length = match descriptors {
        [] => 0,
        _ => control::write(&mut control, libc::SOL_SOCKET, libc::SCM_RIGHTS, &numbers),
    };
    sys::retry(|| sys::send_with_descriptors(fd, bytes, &control[..length], descriptors))
}

fn receive(fd: BorrowedFd<'_>, buffer: &mut [u8], limit: usize) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut control = [0; ROOM];
    // Without padding, since the kernel would use that for one descriptor more.
    let length = control::length(limit.min(MAX_DESCRIPTORS) * 4);
    let received = sys::retry(|| sys::recv_with_descriptors(fd, buffer, &mut control[..length]))?;
    if received.control_cut {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "more descriptors came than were expected, or than can be open",
        ));
    }
    Ok((received.count, received.descriptors))
}
