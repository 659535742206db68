use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::{AlertDescription, code};

code! {
    /// The level of an alert (RFC 8446 §6): it is sent, and ignored, since the description tells it.
    pub struct AlertLevel(u8) shown as "{}" {
        /// The connection goes on, or ends in an orderly way.
        WARNING = 1, "warning";
        /// The connection is over.
        FATAL = 2, "fatal";
    }
}

/// An alert (RFC 8446 §6), two bytes.
///
/// ```
/// use wirelab_tls::{Alert, AlertDescription};
/// use wirelab_wire::Encode;
///
/// assert_eq!(&Alert::new(AlertDescription::DECODE_ERROR).to_bytes()[..], [2, 50]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What TLS 1.2 would make of it.
    pub level: AlertLevel,
    /// What it says.
    pub description: AlertDescription,
}

impl Alert {
    /// The alert, with the level that belongs to it.
    pub fn new(description: AlertDescription) -> Self {
        let level = if description.is_fatal() { AlertLevel::FATAL } else { AlertLevel::WARNING };
        Alert { level, description }
    }
}

impl<'a> Decode<'a> for Alert {
    const NAME: &'static str = "Alert";
    const SECTION: &'static str = "RFC 8446 §6";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let level = AlertLevel(r.u8("level")?);
        r.note(|| level.to_string());
        let description = AlertDescription(r.u8("description")?);
        r.note(|| description.to_string());
        Ok(Alert { level, description })
    }
}

impl Encode for Alert {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.level.0, "level");
        w.u8(self.description.0, "description");
    }
}
