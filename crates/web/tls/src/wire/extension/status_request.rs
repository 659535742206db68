//! status_request (RFC 6066 §8, RFC 8446 §4.4.2.1): the wish for a certificate's OCSP response, and the response.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::rules::STATUS_TYPE;
use crate::wire::vector::{self, Names, Prefix::U16, Prefix::U24};

/// The only type of status that is in use.
const OCSP: u8 = 1;
const RESPONDERS: Names = ("responder_id_list length", "responder_id_list");
const EXTENSIONS: Names = ("request_extensions length", "request_extensions");
const RESPONSE: Names = ("response length", "response");

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatusRequest<'a> {
    /// An OCSP response. Both fields are mostly empty, and kept as they came.
    Ocsp {
        /// The responders that the client trusts: a row of names in DER, each behind its length of two bytes.
        responder_id_list: &'a [u8],
        /// Extensions of the OCSP request, in DER.
        request_extensions: &'a [u8],
    },
    /// A status of another type.
    Other {
        /// The type.
        status_type: u8,
        /// The rest.
        request: &'a [u8],
    },
}

pub(super) fn read_request<'a>(
    r: &mut Reader<'a, impl Trace>,
) -> Result<CertificateStatusRequest<'a>, WireError> {
    let status_type = r.u8("status_type")?;
    if status_type != OCSP {
        return Ok(CertificateStatusRequest::Other { status_type, request: r.rest("request") });
    }
    r.note(|| "ocsp".to_owned());
    Ok(CertificateStatusRequest::Ocsp {
        responder_id_list: vector::opaque(r, U16, RESPONDERS, 0)?,
        request_extensions: vector::opaque(r, U16, EXTENSIONS, 0)?,
    })
}

pub(super) fn write_request(w: &mut Writer<'_, impl Trace>, request: &CertificateStatusRequest<'_>) {
    match *request {
        CertificateStatusRequest::Ocsp { responder_id_list, request_extensions } => {
            w.u8(OCSP, "status_type");
            vector::write_opaque(w, U16, RESPONDERS, responder_id_list);
            vector::write_opaque(w, U16, EXTENSIONS, request_extensions);
        }
        CertificateStatusRequest::Other { status_type, request } => {
            w.u8(status_type, "status_type");
            w.bytes(request, "request");
        }
    }
}

/// The OCSP response beside a certificate, in DER.
pub(super) fn read_response<'a>(r: &mut Reader<'a, impl Trace>) -> Result<&'a [u8], WireError> {
    if r.u8("status_type")? != OCSP {
        return Err(r.invalid("status_type", &STATUS_TYPE));
    }
    vector::opaque(r, U24, RESPONSE, 1)
}

pub(super) fn write_response(w: &mut Writer<'_, impl Trace>, response: &[u8]) {
    w.u8(OCSP, "status_type");
    vector::write_opaque(w, U24, RESPONSE, response);
}
