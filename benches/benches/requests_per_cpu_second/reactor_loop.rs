//! The bare loop once more, through the reactor: what its interface costs, and what each mechanism does.

use std::io::{self, ErrorKind};

use bytes::BytesMut;
use wirelab::reactor::{Acceptor, Backend, Channel, Reactor, Token};
use wirelab::socket::TcpListener;

use crate::bare_loop;
use crate::server::announce;

const LISTENER: Token = Token(0);

pub(crate) fn serve(backend: Backend) -> io::Result<()> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    announce(listener.local_addr()?)?;
    let mut reactor = Reactor::<()>::with_backend(backend)?;
    let mut acceptor = reactor.listen(listener, LISTENER)?;
    let (answers, answer_len) = bare_loop::answers();
    let mut channels = Vec::new();
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    loop {
        reactor.poll(None)?;
        while let Some(event) = reactor.next_event() {
            if event.token() == LISTENER {
                accept(&mut reactor, &mut acceptor, &mut channels)?;
                continue;
            }
            let place = &mut channels[event.token().0 as usize - 1];
            if let (Some(channel), true) = (&place, event.is_readable()) {
                buffer.clear();
                match reactor.read(channel, &mut buffer) {
                    Ok(1..) => {
                        let len = bare_loop::heads(&buffer) * answer_len;
                        reactor.write(channel, &answers.as_bytes()[..len])?;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Ok(0) | Err(_) => place.take().into_iter().for_each(|channel| reactor.close(channel)),
                }
            }
        }
    }
}

fn accept(
    reactor: &mut Reactor<()>,
    acceptor: &mut Acceptor,
    channels: &mut Vec<Option<Channel>>,
) -> io::Result<()> {
    loop {
        match reactor.accept(acceptor) {
            Ok((stream, _)) => {
                channels.push(Some(reactor.open(stream, Token(channels.len() as u64 + 1))?));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
