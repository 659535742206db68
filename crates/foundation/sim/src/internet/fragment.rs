use bytes::{Bytes, BytesMut};
use wirelab_tcpip::Ipv4Packet;
use wirelab_wire::{Decode, Reader};

/// Cuts an IPv4 packet into fragments of at most `mtu` bytes (RFC 791 §3.2). Options are copied into every fragment, whether
/// their "copied" flag says so or not. Where not even eight bytes fit behind the header there are no fragments.
pub(crate) fn fragment(packet: &[u8], mtu: usize) -> Vec<Bytes> {
    let Ok(ip) = Ipv4Packet::decode(&mut Reader::whole(packet)) else { return Vec::new() };
    // All but the last carry a multiple of eight bytes, because offsets are counted in eights.
    let room = mtu.saturating_sub(ip.header_len()) / 8 * 8;
    if room == 0 {
        return Vec::new();
    }
    let last = ip.payload.len().saturating_sub(1) / room;
    let cut = |(index, payload)| Ipv4Packet {
        payload,
        fragment_offset: ip.fragment_offset + (index * room / 8) as u16, // within a packet of 64 KiB
        more_fragments: index < last || ip.more_fragments,
        ..ip
    };
    ip.payload.chunks(room).enumerate().map(cut).map(|piece| written(&piece)).collect()
}

fn written(packet: &Ipv4Packet<'_>) -> Bytes {
    let mut bytes = BytesMut::with_capacity(packet.total_len());
    packet.encode_with_checksum(&mut bytes);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::internet::Header;
    use crate::internet::build::Envelope;

    #[test]
    fn rfc_791_s3_2_fragments_carry_the_payload_in_eights_and_a_fragment_can_be_cut_again() {
        let (a, b) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let payload: Vec<u8> = (0..=255).cycle().take(3000).collect();
        let packet = Envelope { identification: 77, ..Envelope::new(a, b, 17) }.wrap(&payload);
        let cut = |packet: &[u8], mtu| fragment(packet, mtu);
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
