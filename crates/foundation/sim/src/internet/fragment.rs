use bytes::{Bytes, BytesMut};
use wirelab_tcpip::internet_checksum;

use super::Header;

/// Cuts an IPv4 packet into fragments of at most `mtu` bytes (RFC 791 §3.2). Options are copied into every fragment, whether
/// their "copied" flag says so or not. Where not even eight bytes fit behind the header there are no fragments.
pub(crate) fn fragment(header: &Header, packet: &[u8], mtu: usize) -> Vec<Bytes> {
    // All but the last carry a multiple of eight bytes, because offsets are counted in eights.
    let room = mtu.saturating_sub(header.header_len) / 8 * 8;
    let (Some(head), true) = (packet.get(..header.header_len), room > 0) else { return Vec::new() };
    let pieces: Vec<&[u8]> = header.payload(packet).chunks(room).collect();
    let last = pieces.len().saturating_sub(1);
    let cut = |(index, piece): (usize, &&[u8])| {
        let more = index < last || header.more_fragments;
        piece_of(head, piece, header.fragment_offset + index * room, more)
    };
    pieces.iter().enumerate().map(cut).collect()
}

fn piece_of(head: &[u8], piece: &[u8], offset: usize, more: bool) -> Bytes {
    let mut packet = BytesMut::with_capacity(head.len() + piece.len());
    packet.extend_from_slice(head);
    // Both fit: they come from a packet of at most 65 535 bytes.
    let len = ((head.len() + piece.len()) as u16).to_be_bytes();
    let place = ((offset / 8) as u16 | if more { 0x2000 } else { 0 }).to_be_bytes();
    let mut set = |at: usize, value: [u8; 2]| {
        packet.iter_mut().skip(at).zip(value).for_each(|(place, byte)| *place = byte);
    };
    set(2, len);
    set(6, place);
    set(10, [0, 0]);
    let checksum = internet_checksum(&packet).to_be_bytes();
    packet.iter_mut().skip(10).zip(checksum).for_each(|(place, byte)| *place = byte);
    packet.extend_from_slice(piece);
    packet.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::internet::build::Envelope;

    #[test]
    fn rfc_791_s3_2_fragments_carry_the_payload_in_eights_and_a_fragment_can_be_cut_again() {
        let (a, b) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let payload: Vec<u8> = (0..=255).cycle().take(3000).collect();
        let packet = Envelope { identification: 77, ..Envelope::new(a, b, 17) }.wrap(&payload);
        let cut = |packet: &[u8], mtu| fragment(&Header::read(packet).unwrap(), packet, mtu);
        let pieces: Vec<Bytes> = cut(&packet, 1500).iter().flat_map(|piece| cut(piece, 576)).collect();
        let mut put_together = vec![0; 3000];
        for piece in &pieces {
            let header = Header::read(piece).unwrap();
            assert!(header.is_sound(piece) && piece.len() <= 576 && header.identification == 77);
            let range = header.fragment_offset..header.fragment_offset + header.payload(piece).len();
            assert_eq!(header.more_fragments, range.end < 3000);
            put_together[range].copy_from_slice(header.payload(piece));
        }
        assert_eq!(put_together, payload);
    }
}
