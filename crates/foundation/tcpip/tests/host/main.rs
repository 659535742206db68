//! Two hosts joined by a loop: sockets, listeners under a flood, ports, TIME-WAIT, forged packets.

mod attacks;
mod conversation;
mod datagrams;
mod limits;
mod listening;
mod packets;
mod pumped;
mod survived;
mod time_wait;
mod wire;
