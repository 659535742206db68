//! Pictures that are drawn on request: something for a browser to load a hundred of.

use crate::Reply;

/// A square of the number's colour with the number in it.
pub(super) fn svg(number: u64) -> Reply {
    let hue = hue(number);
    let picture = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">
<rect width="32" height="32" rx="4" fill="hsl({hue} 60% 45%)"/>
<text x="16" y="21" font-family="sans-serif" font-size="12" text-anchor="middle" fill="#fff">{number}</text>
</svg>
"##
    );
    Reply::of_type("image/svg+xml", picture.into())
}

const SIDE: u32 = 32;
const HEADERS: u32 = 14 + 40;

/// The number as a pattern of bits: 8 by 8 fields of 4 by 4 pixels, mirrored so that it looks like something.
///
/// ```text
///  0 "BM" │ file size │ 0 │ offset of the pixels ║ 40 │ width │ height │ planes, bits │ 0 … ║ pixels, bottom row first
/// ```
pub(super) fn bitmap(number: u64) -> Reply {
    let pixels = SIDE * SIDE * 3;
    let mut file = Vec::with_capacity((HEADERS + pixels) as usize);
    file.extend_from_slice(b"BM");
    for word in [HEADERS + pixels, 0, HEADERS, 40, SIDE, SIDE, 24 << 16 | 1, 0, pixels, 2835, 2835, 0, 0] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    let scattered = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let colour = [(scattered >> 40) as u8, (scattered >> 48) as u8, (scattered >> 56) as u8];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let column = (x / 4).min(7 - x / 4);
            let is_set = scattered >> (y / 4 * 4 + column) & 1 == 1;
            file.extend_from_slice(if is_set { &colour } else { &[0xf0; 3] });
        }
    }
    Reply::of_type("image/bmp", file.into())
}

/// Neighbouring numbers get colours far apart: steps of the golden angle round the colour wheel.
fn hue(number: u64) -> u64 {
    number.wrapping_mul(137) % 360
}
