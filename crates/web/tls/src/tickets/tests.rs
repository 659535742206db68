use super::*;
use crate::Hash;

const HOUR: Duration = Duration::from_secs(3600);
const START: UnixMillis = UnixMillis(1_790_000_000_000);

fn entropy() -> Entropy {
    Entropy::new(ring::rand::SystemRandom::new())
}

fn content() -> TicketContent {
    TicketContent {
        suite: CipherSuite::TLS_AES_256_GCM_SHA384,
        psk: Secret::new(Hash::Sha384, &[7; 48]),
        issued: START,
        age_add: 0x0102_0304,
        max_early_data: 1024,
        alpn: Some(Bytes::from_static(b"h2")),
        server_name: Some("example.org".to_owned()),
        client_certificates: vec![Bytes::from_static(b"leaf"), Bytes::from_static(b"issuer")],
    }
}

#[test]
fn what_is_sealed_comes_back_whole() {
    let tickets = Tickets::new(HOUR);
    for content in
        [content(), TicketContent { alpn: None, server_name: None, client_certificates: vec![], ..content() }]
    {
        let ticket = tickets.seal(&content, START, &entropy()).unwrap();
        let opened = tickets.open(&ticket, START).expect("our own ticket");
        assert_eq!(opened.encode(), content.encode());
        assert_eq!(opened.psk.hash(), Hash::Sha384);
    }
}

#[test]
fn a_ticket_that_was_changed_in_any_byte_or_cut_short_is_nothing() {
    let tickets = Tickets::new(HOUR);
    let ticket = tickets.seal(&content(), START, &entropy()).unwrap();
    for at in 0..ticket.len() {
        let mut changed = ticket.to_vec();
        changed[at] ^= 1;
        assert!(tickets.open(&changed, START).is_none(), "byte {at}");
        assert!(tickets.open(&ticket[..at], START).is_none(), "{at} bytes");
    }
    assert!(Tickets::new(HOUR).open(&ticket, START).is_none(), "another server's keys");
}

#[test]
fn a_key_seals_for_one_lifetime_and_opens_for_another() {
    let tickets = Tickets::new(HOUR);
    let first = tickets.seal(&content(), START, &entropy()).unwrap();
    let late = START + (HOUR - Duration::from_millis(1));
    let same_key = tickets.seal(&content(), late, &entropy()).unwrap();
    assert_eq!(first[..NAME], same_key[..NAME]);
    let next_key = tickets.seal(&content(), START + HOUR, &entropy()).unwrap();
    assert_ne!(first[..NAME], next_key[..NAME]);
    let last = START + (HOUR * 2 - Duration::from_millis(1));
    assert!(tickets.open(&same_key, last).is_some());
    assert!(tickets.open(&same_key, START + HOUR * 2).is_none(), "the key is too old");
    assert!(tickets.open(&next_key, START + HOUR * 2).is_some());
    tickets.seal(&content(), START + HOUR * 2, &entropy()).unwrap();
    assert!(tickets.open(&first, START).is_none(), "the key is forgotten");
}

/// RFC 8446 §4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)."
#[test]
fn s4_6_1_a_ticket_lives_for_seven_days_at_most() {
    assert_eq!(Tickets::new(HOUR * 24 * 30).lifetime(), HOUR * 24 * 7);
}
