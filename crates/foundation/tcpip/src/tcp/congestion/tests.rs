use super::*;

#[test]
fn rfc_6928_s2_the_initial_window_is_ten_segments_or_as_many_as_14600_bytes_have() {
    assert_eq!(Congestion::new(Algorithm::NewReno, 1460, 10).window(), 14_600);
    assert_eq!(Congestion::new(Algorithm::NewReno, 536, 10).window(), 5_360);
    assert_eq!(Congestion::new(Algorithm::NewReno, 2000, 10).window(), 14_600);
    assert_eq!(Congestion::new(Algorithm::NewReno, 9000, 10).window(), 18_000);
}
