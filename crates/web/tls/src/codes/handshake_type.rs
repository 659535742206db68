use super::code;

code! {
    /// The kind of a handshake message (RFC 8446 §4), with those of TLS 1.2 (RFC 5246 §7.4) that a TLS 1.3 peer may meet.
    pub struct HandshakeType(u8) shown as "{}" {
        /// TLS 1.2: the server asks for a new handshake.
        HELLO_REQUEST = 0, "hello_request";
        /// The client's offer (§4.1.2).
        CLIENT_HELLO = 1, "client_hello";
        /// The server's choice (§4.1.3), or its request for another hello (§4.1.4).
        SERVER_HELLO = 2, "server_hello";
        /// A ticket for a later connection (§4.6.1).
        NEW_SESSION_TICKET = 4, "new_session_ticket";
        /// The end of 0-RTT data (§4.5).
        END_OF_EARLY_DATA = 5, "end_of_early_data";
        /// What the server agreed to beyond the keys (§4.3.1).
        ENCRYPTED_EXTENSIONS = 8, "encrypted_extensions";
        /// A chain of certificates (§4.4.2).
        CERTIFICATE = 11, "certificate";
        /// TLS 1.2: the server's key share, signed.
        SERVER_KEY_EXCHANGE = 12, "server_key_exchange";
        /// The server wants to know who the client is (§4.3.2).
        CERTIFICATE_REQUEST = 13, "certificate_request";
        /// TLS 1.2: the server has said all.
        SERVER_HELLO_DONE = 14, "server_hello_done";
        /// A signature over the handshake (§4.4.3).
        CERTIFICATE_VERIFY = 15, "certificate_verify";
        /// TLS 1.2: the client's key share.
        CLIENT_KEY_EXCHANGE = 16, "client_key_exchange";
        /// A MAC over the handshake (§4.4.4).
        FINISHED = 20, "finished";
        /// TLS 1.2: an OCSP response.
        CERTIFICATE_STATUS = 22, "certificate_status";
        /// The sender's keys change (§4.6.3).
        KEY_UPDATE = 24, "key_update";
        /// A compressed chain of certificates (RFC 8879), which is not implemented here.
        COMPRESSED_CERTIFICATE = 25, "compressed_certificate";
        /// The hash that stands for the first ClientHello in the transcript; never on the wire (RFC 8446 §4.4.1).
        MESSAGE_HASH = 254, "message_hash";
    }
}
