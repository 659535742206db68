//! oid_filters (RFC 8446 §4.2.5): extensions that a client's certificate has to have, with their values.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::wire::vector::{self, Names, Prefix::U8, Prefix::U16};

const FILTERS: Names = ("filters length", "filters");
const OID: Names = ("certificate_extension_oid length", "certificate_extension_oid");
const VALUES: Names = ("certificate_extension_values length", "certificate_extension_values");

/// One extension that the certificate has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OidFilter<'a> {
    /// The object identifier in DER, 1 to 255 bytes.
    pub certificate_extension_oid: &'a [u8],
    /// The values in DER, up to 65 535 bytes.
    pub certificate_extension_values: &'a [u8],
}

pub(super) fn read<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<Vec<OidFilter<'a>>, WireError> {
    vector::list(r, U16, FILTERS, 0, |r| {
        Ok(OidFilter {
            certificate_extension_oid: vector::opaque(r, U8, OID, 1)?,
            certificate_extension_values: vector::opaque(r, U16, VALUES, 0)?,
        })
    })
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, filters: &[OidFilter<'_>]) {
    vector::write_block(w, U16, FILTERS, |w| {
        for filter in filters {
            vector::write_opaque(w, U8, OID, filter.certificate_extension_oid);
            vector::write_opaque(w, U16, VALUES, filter.certificate_extension_values);
        }
    });
}
