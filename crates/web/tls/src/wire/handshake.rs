use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::{
    Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions, EndOfEarlyData,
    Finished, HELLO_RETRY_REQUEST_RANDOM, HelloRetryRequest, KeyUpdate, NewSessionTicket, ServerHello,
};
use crate::codes::HandshakeType;

/// The four bytes before each handshake message (RFC 8446 §4).
///
/// Who collects a message from records reads this first: the length can be checked against a limit before any
/// of the body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeHeader {
    /// The kind of message.
    pub msg_type: HandshakeType,
    /// How many bytes follow, less than 2^24.
    pub length: u32,
}

impl HandshakeHeader {
    /// The length of the header itself, in bytes.
    pub const LEN: usize = 4;
}

impl<'a> Decode<'a> for HandshakeHeader {
    const NAME: &'static str = "handshake header";
    const SECTION: &'static str = "RFC 8446 §4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let msg_type = HandshakeType(r.u8("msg_type")?);
        r.note(|| msg_type.to_string());
        Ok(HandshakeHeader { msg_type, length: r.u24("length")? })
    }
}

impl Encode for HandshakeHeader {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.msg_type.0, "msg_type");
        w.u24(self.length, "length");
    }
}

/// A handshake message: header and body (RFC 8446 §4).
///
/// ```
/// use wirelab_tls::{Handshake, KeyUpdateRequest};
/// use wirelab_wire::{Decode, Reader};
///
/// let message = Handshake::decode(&mut Reader::prefix(&[24, 0, 0, 1, 1]))?;
/// assert!(matches!(message, Handshake::KeyUpdate(update) if update.request_update == KeyUpdateRequest::UpdateRequested));
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handshake<'a> {
    /// client_hello.
    ClientHello(ClientHello<'a>),
    /// server_hello.
    ServerHello(ServerHello<'a>),
    /// server_hello, with the random value that makes it a request for another hello.
    HelloRetryRequest(HelloRetryRequest<'a>),
    /// new_session_ticket.
    NewSessionTicket(NewSessionTicket<'a>),
    /// end_of_early_data.
    EndOfEarlyData(EndOfEarlyData),
    /// encrypted_extensions.
    EncryptedExtensions(EncryptedExtensions<'a>),
    /// certificate.
    Certificate(Certificate<'a>),
    /// certificate_request.
    CertificateRequest(CertificateRequest<'a>),
    /// certificate_verify.
    CertificateVerify(CertificateVerify<'a>),
    /// finished.
    Finished(Finished<'a>),
    /// key_update.
    KeyUpdate(KeyUpdate),
    /// One that TLS 1.3 does not have.
    Unknown {
        /// Its type.
        msg_type: HandshakeType,
        /// Its body, less than 2^24 bytes.
        body: &'a [u8],
    },
}

impl<'a> Handshake<'a> {
    /// The type in the header.
    pub fn msg_type(&self) -> HandshakeType {
        match self {
            Handshake::ClientHello(_) => HandshakeType::CLIENT_HELLO,
            Handshake::ServerHello(_) | Handshake::HelloRetryRequest(_) => HandshakeType::SERVER_HELLO,
            Handshake::NewSessionTicket(_) => HandshakeType::NEW_SESSION_TICKET,
            Handshake::EndOfEarlyData(_) => HandshakeType::END_OF_EARLY_DATA,
            Handshake::EncryptedExtensions(_) => HandshakeType::ENCRYPTED_EXTENSIONS,
            Handshake::Certificate(_) => HandshakeType::CERTIFICATE,
            Handshake::CertificateRequest(_) => HandshakeType::CERTIFICATE_REQUEST,
            Handshake::CertificateVerify(_) => HandshakeType::CERTIFICATE_VERIFY,
            Handshake::Finished(_) => HandshakeType::FINISHED,
            Handshake::KeyUpdate(_) => HandshakeType::KEY_UPDATE,
            Handshake::Unknown { msg_type, .. } => *msg_type,
        }
    }

    /// Reads a body of this type, to the end of its block. DTLS, whose header is longer, begins here.
    ///
    /// # Errors
    /// The body does not parse.
    pub fn decode_body(r: &mut Reader<'a, impl Trace>, msg_type: HandshakeType) -> Result<Self, WireError> {
        Ok(match msg_type {
            HandshakeType::CLIENT_HELLO => Handshake::ClientHello(r.message()?),
            // RFC 8446 §4.1.3: the random value, behind the two bytes of the version, tells the two apart.
            HandshakeType::SERVER_HELLO if r.remaining().get(2..34) == Some(&HELLO_RETRY_REQUEST_RANDOM) => {
                Handshake::HelloRetryRequest(r.message()?)
            }
            HandshakeType::SERVER_HELLO => Handshake::ServerHello(r.message()?),
            HandshakeType::NEW_SESSION_TICKET => Handshake::NewSessionTicket(r.message()?),
            HandshakeType::END_OF_EARLY_DATA => Handshake::EndOfEarlyData(r.message()?),
            HandshakeType::ENCRYPTED_EXTENSIONS => Handshake::EncryptedExtensions(r.message()?),
            HandshakeType::CERTIFICATE => Handshake::Certificate(r.message()?),
            HandshakeType::CERTIFICATE_REQUEST => Handshake::CertificateRequest(r.message()?),
            HandshakeType::CERTIFICATE_VERIFY => Handshake::CertificateVerify(r.message()?),
            HandshakeType::FINISHED => Handshake::Finished(r.message()?),
            HandshakeType::KEY_UPDATE => Handshake::KeyUpdate(r.message()?),
            msg_type => Handshake::Unknown { msg_type, body: r.rest("body") },
        })
    }

    /// Writes the body alone.
    pub fn encode_body<T: Trace>(&self, w: &mut Writer<'_, T>) {
        match self {
            Handshake::ClientHello(body) => body.encode(w),
            Handshake::ServerHello(body) => body.encode(w),
            Handshake::HelloRetryRequest(body) => body.encode(w),
            Handshake::NewSessionTicket(body) => body.encode(w),
            Handshake::EndOfEarlyData(body) => body.encode(w),
            Handshake::EncryptedExtensions(body) => body.encode(w),
            Handshake::Certificate(body) => body.encode(w),
            Handshake::CertificateRequest(body) => body.encode(w),
            Handshake::CertificateVerify(body) => body.encode(w),
            Handshake::Finished(body) => body.encode(w),
            Handshake::KeyUpdate(body) => body.encode(w),
            Handshake::Unknown { body, .. } => w.bytes(body, "body"),
        }
    }
}

impl<'a> Decode<'a> for Handshake<'a> {
    const NAME: &'static str = "handshake message";
    const SECTION: &'static str = "RFC 8446 §4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let HandshakeHeader { msg_type, length } = HandshakeHeader::decode(r)?;
        r.block(length as usize, "body", |r| Handshake::decode_body(r, msg_type))
    }
}

impl Encode for Handshake<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.msg_type().0, "msg_type");
        w.block::<3>("length", "body", |w| self.encode_body(w));
    }
}
