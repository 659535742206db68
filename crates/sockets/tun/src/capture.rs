use std::io;
use std::time::{Duration, SystemTime};

use wirelab_capture::{self as capture, Clock, LinkType, Writer};
use wirelab_sansio::Instant;

use crate::Direction;

/// A tap for [`Driver::tap`](crate::Driver::tap) that writes a capture for Wireshark: IP packets without a link layer, at the
/// world's time. Each packet is passed on at once, so that the file is whole however the program ends.
///
/// ```no_run
/// # use wirelab_sansio::PacketProtocol;
/// # fn of(driver: wirelab_tun::Driver<impl PacketProtocol>) -> std::io::Result<()> {
/// let file = std::fs::File::create("tun.pcapng")?;
/// let driver = driver.tap(wirelab_tun::capture_into(file, "tun0")?);
/// # Ok(()) }
/// ```
///
/// # Errors
/// `out` fails.
pub fn capture_into<W: io::Write>(
    out: W,
    interface: &str,
) -> io::Result<impl FnMut(Instant, Direction, &[u8]) -> io::Result<()> + use<W>> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let clock = Clock::Real(u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX));
    let mut writer = Writer::with_config(out, &capture::Config { clock, ..capture::Config::default() })?;
    let interface = writer.interface(interface, LinkType::RAW)?;
    Ok(move |now: Instant, direction, packet: &[u8]| {
        let direction = match direction {
            Direction::In => capture::Direction::Inbound,
            Direction::Out => capture::Direction::Outbound,
        };
        writer.packet_with(now, interface, packet, direction, "")
    })
}
