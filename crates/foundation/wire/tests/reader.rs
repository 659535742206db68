//! What a reader reads, and where it says that it cannot.

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_wire::{ByteSet, ErrorKind, Reader, Rule, WireError};

const DIGIT: &ByteSet = &ByteSet::of(&[(b'0', b'9')]);
const NOT_HTTP: Rule = Rule { name: "not-http", says: "is not HTTP", section: "RFC 9112 §2.3" };

fn error<R: std::fmt::Debug>(result: Result<R, WireError>) -> (usize, &'static str, ErrorKind) {
    let WireError { at, field, kind } = result.expect_err("it should be refused");
    (at, field, kind)
}

#[test]
fn numbers_are_read_most_significant_byte_first() {
    let bytes: Vec<u8> = (1..=18).collect();
    let mut r = Reader::whole(&bytes);
    assert_eq!(r.u8("a"), Ok(0x01));
    assert_eq!(r.u16("b"), Ok(0x0203));
    assert_eq!(r.u24("c"), Ok(0x0004_0506));
    assert_eq!(r.u32("d"), Ok(0x0708_090a));
    assert_eq!(r.u64("e"), Ok(0x0b0c_0d0e_0f10_1112));
    assert_eq!(r.finish(), Ok(()));
}

#[test]
fn numbers_of_the_other_order_are_read_least_significant_byte_first() {
    let bytes: Vec<u8> = (1..=14).collect();
    let mut r = Reader::whole(&bytes);
    assert_eq!(r.u16_le("a"), Ok(0x0201));
    assert_eq!(r.u32_le("b"), Ok(0x0605_0403));
    assert_eq!(r.u64_le("c"), Ok(0x0e0d_0c0b_0a09_0807));
    assert_eq!(r.finish(), Ok(()));
    assert_eq!(error(Reader::whole(&[1, 2, 3]).u32_le("x")), (0, "x", ErrorKind::Overrun { by: 1 }));
}

#[test]
fn bits_are_read_across_bytes_from_the_most_significant_on() {
    // 101 1_0000_0001 1_1111 | the rest of a word
    let mut r = Reader::whole(&[0b1011_0000, 0b0011_1111, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(r.bits::<3>("three"), Ok(0b101));
    assert_eq!(r.bits::<8>("eight"), Ok(0b1000_0001));
    assert_eq!(r.bits::<5>("five"), Ok(0b1_1111));
    assert_eq!(r.flag("one"), Ok(true));
    assert_eq!(r.bits::<31>("thirty-one"), Ok(0x7fff_ffff));
    assert_eq!(r.finish(), Ok(()));
}

#[test]
fn bits_that_end_inside_a_byte_leave_it_over() {
    let mut r = Reader::whole(&[0xff]);
    assert_eq!(r.bits::<5>("five"), Ok(31));
    assert_eq!(error(r.finish()), (0, "end", ErrorKind::Leftover { count: 1 }));
    assert_eq!(error(r.bits::<4>("four")), (0, "four", ErrorKind::Overrun { by: 1 }));
}

#[test]
fn running_out_of_a_stream_is_incomplete_and_of_a_datagram_an_overrun() {
    assert_eq!(error(Reader::prefix(&[1, 2, 3]).u64("x")), (0, "x", ErrorKind::Incomplete { needed: 5 }));
    assert_eq!(error(Reader::whole(&[1, 2, 3]).u64("x")), (0, "x", ErrorKind::Overrun { by: 5 }));
}

#[test]
fn a_stream_may_have_more_behind_the_message_and_a_datagram_may_not() {
    assert_eq!(Reader::prefix(&[1]).finish(), Ok(()));
    assert_eq!(error(Reader::whole(&[1]).finish()), (0, "end", ErrorKind::Leftover { count: 1 }));
}

#[test]
fn inside_a_block_running_out_is_a_mistake_even_in_a_stream() {
    let mut r = Reader::prefix(&[0, 0, 9, 9, 9, 9]);
    let read = r.block(2, "options", |r| {
        r.u8("kind")?;
        r.u16("value")
    });
    assert_eq!(error(read), (1, "value", ErrorKind::Overrun { by: 1 }));
}

#[test]
fn a_block_that_has_not_arrived_yet_is_incomplete() {
    let read = Reader::prefix(&[0, 0]).block(5, "options", |r| r.u8("kind"));
    assert_eq!(error(read), (0, "options", ErrorKind::Incomplete { needed: 3 }));
}

#[test]
fn a_block_longer_than_its_fields_has_bytes_left_over() {
    let read = Reader::whole(&[0, 0, 0]).block(3, "options", |r| r.u8("kind"));
    assert_eq!(error(read), (1, "options", ErrorKind::Leftover { count: 2 }));
}

#[test]
fn an_inner_block_cannot_reach_beyond_the_outer_one() {
    let mut r = Reader::whole(&[0; 8]);
    let read = r.block(4, "outer", |r| r.block(5, "inner", |r| r.u8("x")));
    assert_eq!(error(read), (0, "inner", ErrorKind::Overrun { by: 1 }));
}

#[test]
fn behind_a_block_reading_goes_on_in_the_outer_bytes() {
    let mut r = Reader::prefix(&[1, 2, 3]);
    assert_eq!(r.block(1, "inner", |r| r.u8("x")), Ok(1));
    assert_eq!(r.u16("y"), Ok(0x0203));
    assert!(r.u8("z").expect_err("nothing is left").is_incomplete(), "the outer bytes are a stream again");
}

#[test]
fn an_invalid_value_is_reported_where_its_field_began() {
    let mut r = Reader::whole(b"\0\0HTTQ/1.1");
    r.u16("padding").expect("it is there");
    r.bytes(4, "protocol").expect("it is there");
    assert_eq!(
        error(Err::<(), _>(r.invalid("protocol", &NOT_HTTP))),
        (2, "protocol", ErrorKind::Invalid(&NOT_HTTP))
    );
    assert_eq!(r.invalid_here("slash", &NOT_HTTP).at, 6);
}

#[test]
fn a_literal_is_refused_at_its_first_wrong_byte() {
    let read = Reader::prefix(b"HTTQ").literal(b"HTTP", "protocol", &NOT_HTTP);
    assert_eq!(error(read), (3, "protocol", ErrorKind::Invalid(&NOT_HTTP)));
    let read = Reader::prefix(b"HX").literal(b"HTTP", "protocol", &NOT_HTTP);
    assert_eq!(error(read), (1, "protocol", ErrorKind::Invalid(&NOT_HTTP)), "no need to wait for the rest");
    let read = Reader::prefix(b"HT").literal(b"HTTP", "protocol", &NOT_HTTP);
    assert_eq!(error(read), (0, "protocol", ErrorKind::Incomplete { needed: 2 }));
}

#[test]
fn a_run_ends_before_the_first_other_byte_and_needs_to_see_it_in_a_stream() {
    let mut r = Reader::prefix(b"80a");
    assert_eq!(r.run(DIGIT, "port"), Ok(&b"80"[..]));
    assert_eq!(r.run(DIGIT, "port"), Ok(&b""[..]), "a run may be empty");
    assert_eq!(
        error(Reader::prefix(b"80").run(DIGIT, "port")),
        (0, "port", ErrorKind::Incomplete { needed: 1 })
    );
    assert_eq!(Reader::whole(b"80").run(DIGIT, "port"), Ok(&b"80"[..]), "a datagram's end ends it too");
}

#[test]
fn lengths_beyond_all_memory_are_refused_without_harm() {
    assert!(Reader::whole(&[0; 4]).bytes(usize::MAX, "data").is_err());
    assert!(Reader::prefix(&[0; 4]).block(usize::MAX, "data", |r| r.u8("x")).is_err());
}

#[test]
fn a_reader_that_goes_on_counts_from_the_first_byte() {
    let mut r = Reader::prefix_at(b"abc", 2);
    assert_eq!(r.u8("c"), Ok(b'c'));
    assert_eq!(error(r.u8("d")).0, 3);
    assert_eq!(Reader::prefix_at(b"abc", 9).position(), 3);
    assert_eq!(r.so_far(), b"abc");
}

proptest! {
    #[test]
    fn a_short_run_is_a_run(bytes in vec(prop_oneof![Just(b'7'), any::<u8>()], 0..40), whole: bool) {
        let reader = || if whole { Reader::whole(&bytes) } else { Reader::prefix(&bytes) };
        prop_assert_eq!(reader().short_run(DIGIT, "port"), reader().run(DIGIT, "port"));
    }

    #[test]
    fn bits_read_bit_by_bit_are_the_number(bytes in any::<[u8; 4]>()) {
        let mut r = Reader::whole(&bytes);
        let mut number = 0;
        for _ in 0..32 {
            number = number << 1 | r.bits::<1>("bit").expect("there are 32");
        }
        prop_assert_eq!(number, u32::from_be_bytes(bytes));
        prop_assert_eq!(r.finish(), Ok(()));
    }
}
