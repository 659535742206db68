use std::fs::File;
use std::io;

use bytes::BytesMut;
use wirelab_reactor::{Channel, Reactor};
use wirelab_socket::TcpStream;

/// What a connection does with its socket. Below it is a reactor, or a socket that a thread has for itself.
pub(crate) trait Io {
    fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize>;
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    fn send_file(&mut self, file: &File, offset: u64, count: usize) -> io::Result<usize>;
    fn shut_down(&mut self) -> io::Result<()>;
    fn stream(&self) -> &TcpStream;
}

pub(crate) struct OnReactor<'a, K> {
    pub(crate) reactor: &'a mut Reactor<K>,
    pub(crate) channel: &'a Channel,
}

impl<K> Io for OnReactor<'_, K> {
    fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        self.reactor.read(self.channel, buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.reactor.write(self.channel, bytes)
    }

    fn send_file(&mut self, file: &File, offset: u64, count: usize) -> io::Result<usize> {
        self.reactor.send_file(self.channel, file, offset, count)
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.reactor.shut_down(self.channel)
    }

    fn stream(&self) -> &TcpStream {
        self.channel.stream()
    }
}

impl Io for &TcpStream {
    fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        self.read_into(buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TcpStream::write(self, bytes)
    }

    fn send_file(&mut self, file: &File, offset: u64, count: usize) -> io::Result<usize> {
        self.sendfile(file, offset, count)
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }

    fn stream(&self) -> &TcpStream {
        self
    }
}
