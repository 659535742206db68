use bytes::BytesMut;

/// How many unused buffers are kept.
const KEPT: usize = 16;

/// A partial message up to this size is moved to a buffer of its own size while the rest is awaited.
const SMALL: usize = 2 * 1024;

/// Receive buffers, lent to connections while they have something to read. Ten thousand idle connections own none: with
/// 16 KiB each they would take 160 MB.
#[derive(Default)]
pub(crate) struct Buffers {
    free: Vec<BytesMut>,
}

impl Buffers {
    /// Makes room to read into, in a buffer that is empty or has the beginning of a message; says how much.
    pub(crate) fn make_room(&mut self, input: &mut BytesMut, wanted: usize) -> usize {
        if input.capacity() == 0
            && let Some(buffer) = self.free.pop()
        {
            *input = buffer;
        }
        if input.capacity() - input.len() < wanted / 2 {
            input.reserve(wanted);
        }
        input.capacity() - input.len()
    }

    /// Takes the buffer of a connection that waits. What is in it stays with the connection.
    pub(crate) fn take_back(&mut self, input: &mut BytesMut) {
        if input.capacity() == 0 || input.len() > SMALL {
            return;
        }
        let rest = if input.is_empty() { BytesMut::new() } else { BytesMut::from(&input[..]) };
        let mut buffer = std::mem::replace(input, rest);
        if self.free.len() < KEPT {
            buffer.clear();
            self.free.push(buffer);
        }
    }
}
