use std::io;

use crate::sys;

/// The scheduler shall run this thread, and those that it starts later, before others of this machine: nice −20.
///
/// A network in real time is as good as its clock. Where other programs want the processors too, a driver that waits for its turn
/// delivers packets late, and a sender takes that for a longer path. See [`Carried::late`](crate::Carried::late).
///
/// # Errors
/// `PermissionDenied`: it takes root (CAP_SYS_NICE).
pub fn go_first() -> io::Result<()> {
    sys::set_nice(-20)
}
