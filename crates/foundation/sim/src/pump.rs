//! The driver's loop of [`StreamProtocol`], with pipes in the place of a socket.

use bytes::BytesMut;
use wirelab_sansio::StreamProtocol;

use crate::pipe::{Pipe, Transit};
use crate::world::World;
use crate::{End, RunError};

/// What one end is connected to.
pub(crate) struct Wires<'a> {
    pub(crate) incoming: &'a mut Pipe,
    pub(crate) outgoing: &'a mut Pipe,
    pub(crate) world: &'a mut World<Transit>,
}

/// Reads, polls events and transmits until this end can do no more now; `true` if it did anything.
pub(crate) fn pump<P: StreamProtocol>(
    end: &mut End<P>,
    mut wires: Wires<'_>,
    on_event: &mut impl FnMut(&mut End<P>, P::Event),
) -> Result<bool, RunError> {
    end.write_notes(wires.world);
    let mut moved = false;
    loop {
        let read = read(end, wires.incoming);
        let polled = poll_events(end, wires.world, on_event)?;
        let sent = transmit(end, &mut wires)?;
        if !read && !polled && !sent {
            return Ok(moved);
        }
        wires.world.count()?;
        moved = true;
    }
}

fn read<P: StreamProtocol>(end: &mut End<P>, incoming: &mut Pipe) -> bool {
    if end.failed.is_some() {
        return incoming.read().is_some();
    }
    if !end.protocol.wants_read() {
        return false;
    }
    if let Some(piece) = incoming.read() {
        end.protocol.input().extend_from_slice(&piece);
        return true;
    }
    let ended = incoming.take_end();
    if ended {
        end.protocol.receive_eof();
    }
    ended
}

fn poll_events<P: StreamProtocol>(
    end: &mut End<P>,
    world: &mut World<Transit>,
    on_event: &mut impl FnMut(&mut End<P>, P::Event),
) -> Result<bool, RunError> {
    let mut polled = false;
    while end.failed.is_none() {
        match end.protocol.poll_event() {
            Ok(Some(event)) => {
                world.count()?;
                on_event(end, event);
            }
            Ok(None) => break,
            Err(error) => {
                end.note(format!("error: {error}"));
                end.failed = Some((end.now(), error.to_string()));
            }
        }
        end.write_notes(world);
        polled = true;
    }
    Ok(polled)
}

fn transmit<P: StreamProtocol>(end: &mut End<P>, wires: &mut Wires<'_>) -> Result<bool, RunError> {
    let mut out = BytesMut::new();
    let mut drained = false;
    while !drained && wires.outgoing.room() > out.len() {
        drained = end.protocol.poll_transmit(&mut out) == 0;
        if !drained {
            wires.world.count()?;
        }
    }
    let wants_shutdown = end.failed.is_some() || end.protocol.wants_shutdown();
    let finishes = drained && wants_shutdown && wires.outgoing.is_open();
    let sent = !out.is_empty() || finishes;
    wires.outgoing.push(out, wires.world)?;
    if finishes {
        wires.outgoing.finish(wires.world)?;
    }
    Ok(sent)
}
