//! A protocol on a socket.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::StreamProtocol;
use wirelab_tcpip::host::{self, Pumped};
use wirelab_tcpip::tcp::{self, Listen};

use crate::wire::Wire;

/// Sends each line back, and ends when the peer has.
#[derive(Default)]
struct Echo {
    input: BytesMut,
    output: BytesMut,
    ended: u32,
}

impl StreamProtocol for Echo {
    type Event = Bytes;
    type Error = std::convert::Infallible;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.ended += 1;
    }

    fn poll_event(&mut self) -> Result<Option<Bytes>, Self::Error> {
        let Some(end) = self.input.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
        Ok(Some(self.input.split_to(end + 1).freeze()))
    }

    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        let said = self.output.split();
        out.extend_from_slice(&said);
        said.len()
    }

    fn wants_read(&self) -> bool {
        self.input.len() < 1024
    }

    fn wants_shutdown(&self) -> bool {
        self.ended > 0
    }
}

/// The answers are larger than the send buffer: what has no room waits, and nothing is lost or told twice.
#[test]
fn a_protocol_is_pumped_over_a_socket_until_both_sides_have_ended() {
    let mut wire = Wire::new();
    let small = tcp::Config { send_buffer: 2000, ..tcp::Config::default() };
    let listener = wire.listen(Listen { tcp: small, ..Listen::default() });
    let socket = wire.connect(80);
    wire.client.send(socket, &b"a line of text\n".repeat(1000)).unwrap();
    wire.settle();
    wire.client.close(socket);
    wire.settle();
    let accepted = wire.server.accept(listener).unwrap_or_else(|| panic!("{:#?}", wire.log));
    let (mut echo, mut answer, mut lines) = (Echo::default(), BytesMut::new(), 0);
    let mut over = Pumped::Open;
    for _ in 0..100 {
        let on_event = |echo: &mut Echo, line: Bytes| {
            lines += 1;
            echo.output.extend_from_slice(&line);
        };
        over = host::pump(&mut wire.server, wire.now, accepted, &mut echo, on_event).unwrap();
        wire.pass(Duration::from_millis(50));
        wire.client.receive_into(socket, &mut answer);
        if over == Pumped::Over {
            break;
        }
    }
    assert_eq!((lines, echo.ended, over), (1000, 1, Pumped::Over));
    wire.pass(Duration::from_secs(1));
    wire.client.receive_into(socket, &mut answer);
    assert_eq!(answer.len(), 15_000);
    wire.server.release(wire.now, accepted);
    wire.settle();
    assert_eq!(wire.server.connections(), (0, 0));
}
