//! picohttpparser through its raw binding: two functions with a safe signature.

#![allow(unsafe_code, reason = "a C library is called")]

use std::ffi::{c_char, c_int};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;

use picohttpparser_sys::{phr_header, phr_parse_request, phr_parse_response};

use crate::heads::MAX_FIELDS;

/// Where the library puts pointers to names and values. Only as many are written as it finds.
pub(crate) type Room = [MaybeUninit<phr_header>; MAX_FIELDS];

pub(crate) const NO_FIELDS: Room = [const { MaybeUninit::uninit() }; MAX_FIELDS];

/// The number of fields, which are the first of `room` then; `None`: the head is bad, or not all there.
#[inline]
pub(crate) fn request(head: &[u8], room: &mut Room) -> Option<usize> {
    let (mut method, mut method_len) = (ptr::null::<c_char>(), 0);
    let (mut path, mut path_len) = (ptr::null::<c_char>(), 0);
    let (mut minor_version, mut fields): (c_int, usize) = (0, MAX_FIELDS);
    // SAFETY: the pointers are to live variables of the types that the library declares, `fields` is the length of
    // the array, and the library reads no more than `head.len()` bytes.
    let consumed = unsafe {
        phr_parse_request(
            head.as_ptr().cast(),
            head.len(),
            &mut method,
            &mut method_len,
            &mut path,
            &mut path_len,
            &mut minor_version,
            room.as_mut_ptr().cast(),
            &mut fields,
            0,
        )
    };
    black_box((method, method_len, path, path_len, minor_version));
    (consumed > 0).then_some(fields)
}

/// As [`request`].
#[inline]
pub(crate) fn response(head: &[u8], room: &mut Room) -> Option<usize> {
    let (mut minor_version, mut status): (c_int, c_int) = (0, 0);
    let (mut reason, mut reason_len) = (ptr::null::<c_char>(), 0);
    let mut fields = MAX_FIELDS;
    // SAFETY: as above.
    let consumed = unsafe {
        phr_parse_response(
            head.as_ptr().cast(),
            head.len(),
            &mut minor_version,
            &mut status,
            &mut reason,
            &mut reason_len,
            room.as_mut_ptr().cast(),
            &mut fields,
            0,
        )
    };
    black_box((minor_version, status, reason, reason_len));
    (consumed > 0).then_some(fields)
}

/// Copies of the names and values that were found in `head`.
#[cfg(test)]
pub(crate) fn copied(head: &[u8], room: &Room, fields: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let part = |at: *const c_char, len: usize| {
        let offset = at as usize - head.as_ptr() as usize;
        head[offset..offset + len].to_vec()
    };
    let copy = |header: &MaybeUninit<phr_header>| {
        // SAFETY: the library has written the first `fields`.
        let header = unsafe { header.assume_init_ref() };
        (part(header.name, header.name_len), part(header.value, header.value_len))
    };
    room[..fields].iter().map(copy).collect()
}
