//! server_name (RFC 6066 §3): which of its hosts the client wants, in clear text.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::rules::SERVER_NAME_TWICE;
use crate::wire::vector::{self, Prefix::U16};

/// One name of the list; in practice there is one, a `host_name`.
///
/// A name of another type is kept: RFC 6066 §3 promises that it, too, begins with a length of two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerName<'a> {
    /// What the name is: 0 for `host_name`.
    pub name_type: u8,
    /// The name, 1 to 65 535 bytes: for a `host_name`, ASCII without a dot at its end, and no address.
    pub name: &'a [u8],
}

impl<'a> ServerName<'a> {
    /// The name type of a host.
    pub const HOST_NAME: u8 = 0;

    /// The name of a host.
    pub fn host_name(name: &'a [u8]) -> Self {
        ServerName { name_type: Self::HOST_NAME, name }
    }
}

pub(super) fn read<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<Vec<ServerName<'a>>, WireError> {
    let mut seen = [false; 256];
    vector::list(r, U16, ("server_name_list length", "server_name_list"), 1, |r| {
        let name_type = r.u8("name_type")?;
        r.note(|| if name_type == ServerName::HOST_NAME { "host_name" } else { "not known here" }.to_owned());
        // At most one name of each type.
        match seen.get_mut(usize::from(name_type)) {
            Some(seen @ false) => *seen = true,
            _ => return Err(r.invalid("name_type", &SERVER_NAME_TWICE)),
        }
        let len = r.u16("name length")?;
        if len == 0 {
            return Err(r.invalid("name length", &crate::rules::VECTOR_LENGTH));
        }
        let name = r.text(len.into(), "host_name")?;
        Ok(ServerName { name_type, name })
    })
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, names: &[ServerName<'_>]) {
    vector::write_block(w, U16, ("server_name_list length", "server_name_list"), |w| {
        for name in names {
            w.u8(name.name_type, "name_type");
            w.u16(name.name.len() as u16, "name length");
            w.text(name.name, "host_name");
        }
    });
}
