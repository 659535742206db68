//! What a server's messages can break although they parse, each with the place where it stands.

use wirelab_wire::Rule;

use crate::Violation;

macro_rules! rules {
    ($( $rule:ident = $name:literal, $says:literal, $section:literal; )*) => {
        $( pub(crate) const $rule: Rule = Rule { name: $name, says: $says, section: $section }; )*
    };
}

rules! {
    LEGACY_VERSION = "tls-legacy-version", "is not 0x0303", "RFC 8446 §4.1.3";
    VERSION_NOT_OFFERED = "tls-version-not-offered", "is not TLS 1.3, the only version that was offered", "RFC 8446 §4.2.1";
    SESSION_ID_ECHO = "tls-session-id-echo", "is not what the client sent", "RFC 8446 §4.1.3";
    SUITE_NOT_OFFERED = "tls-suite-not-offered", "is not one of the suites that were offered", "RFC 8446 §4.1.3";
    SUITE_CHANGED = "tls-suite-changed", "is not the suite of the HelloRetryRequest", "RFC 8446 §4.1.4";
    GROUP_NOT_OFFERED = "tls-group-not-offered", "is not one of the groups that were offered", "RFC 8446 §4.2.8";
    GROUP_SHARED_ALREADY = "tls-group-shared-already", "is a group whose key share was sent already", "RFC 8446 §4.2.8";
    GROUP_WITHOUT_SHARE = "tls-group-without-share", "is of a group of which no key share was sent", "RFC 8446 §4.2.8";
    RETRY_CHANGES_NOTHING = "tls-retry-changes-nothing", "ask for no change of the ClientHello", "RFC 8446 §4.1.4";
    SHARE_OF_UNSUPPORTED_GROUP = "tls-share-of-unsupported-group", "has a group that supported_groups does not name", "RFC 8446 §4.2.8";
    SHARE_TWICE = "tls-share-twice", "has two shares of a group", "RFC 8446 §4.2.8";
    SHARE_NOT_AS_ASKED = "tls-share-not-as-asked", "is not the one share that the HelloRetryRequest asks for", "RFC 8446 §4.2.8";
    SECOND_HELLO_CHANGED = "tls-second-hello-changed", "is not the first one with only its key share changed", "RFC 8446 §4.1.2";
    SECOND_HELLO_EARLY_DATA = "tls-second-hello-early-data", "stands in a second ClientHello", "RFC 8446 §4.1.2";
    COOKIE_NOT_SENT = "tls-cookie-not-sent", "was not sent by this server", "RFC 8446 §4.2.2";
    IDENTITY_NOT_OFFERED = "tls-identity-not-offered", "is not the number of an identity that was offered", "RFC 8446 §4.2.11";
    HASH_OF_PSK = "tls-hash-of-psk", "has another hash than the pre-shared key", "RFC 8446 §4.2.11";
    PSK_WITHOUT_SHARE = "tls-psk-without-share", "is missing, and psk_dhe_ke, which needs it, is the only mode that was offered", "RFC 8446 §4.2.11";
    ALPN_NOT_OFFERED = "tls-alpn-not-offered", "is not one of the protocols that were offered", "RFC 7301 §3.1";
    EARLY_DATA_WITHOUT_PSK = "tls-early-data-without-psk", "is accepted without its pre-shared key", "RFC 8446 §4.2.10";
    EARLY_DATA_SUITE = "tls-early-data-suite", "is accepted under another suite than the ticket's", "RFC 8446 §4.2.10";
    EARLY_DATA_ALPN = "tls-early-data-alpn", "is accepted for another application protocol than the ticket's", "RFC 8446 §4.2.10";
    CONTEXT_NOT_EMPTY = "tls-context-not-empty", "is not empty in the handshake", "RFC 8446 §4.3.2, §4.4.2";
    SCHEME_NOT_OFFERED = "tls-scheme-not-offered", "is not one of the signature schemes that were offered", "RFC 8446 §4.4.3";
    SCHEME_OF_CERTIFICATES = "tls-scheme-of-certificates", "is a scheme for certificates alone", "RFC 8446 §4.4.3";
    SCHEME_OF_OTHER_KEY = "tls-scheme-of-other-key", "does not fit the key of the certificate", "RFC 8446 §4.4.3";
}

/// An error with `illegal_parameter` unless the rule is kept.
pub(crate) fn check(kept: bool, field: &'static str, rule: &'static Rule) -> Result<(), Violation> {
    match kept {
        true => Ok(()),
        false => Err(Violation::IllegalParameter { field, rule }),
    }
}
