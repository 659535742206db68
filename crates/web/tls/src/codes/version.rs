use super::{code, grease};

code! {
    /// A version of TLS, two bytes (RFC 8446 §4.2.1).
    pub struct ProtocolVersion(u16) shown as "{:#06x}" {
        /// SSL 3.0.
        SSL3 = 0x0300, "SSL 3.0";
        /// TLS 1.0.
        TLS1_0 = 0x0301, "TLS 1.0";
        /// TLS 1.1.
        TLS1_1 = 0x0302, "TLS 1.1";
        /// TLS 1.2; also what the legacy version fields of TLS 1.3 say.
        TLS1_2 = 0x0303, "TLS 1.2";
        /// TLS 1.3.
        TLS1_3 = 0x0304, "TLS 1.3";
        /// DTLS 1.0.
        DTLS1_0 = 0xfeff, "DTLS 1.0";
        /// DTLS 1.2.
        DTLS1_2 = 0xfefd, "DTLS 1.2";
        /// DTLS 1.3.
        DTLS1_3 = 0xfefc, "DTLS 1.3";
    }
}
grease!(ProtocolVersion);
