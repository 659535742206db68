//! The programs of chapter 7 that this machine's kernel answers: what they promise, they have shown.

use wirelab_tests::programs::printed;

#[test]
fn ports_run_out_towards_one_server_and_for_bind_but_not_towards_another() {
    let out = printed("ch07_port_exhaustion", &[]);
    let expected = if out.starts_with("In a network namespace") { 11 } else { 7 };
    assert_eq!(out.matches('✓').count(), expected, "{out}");
    assert!(out.contains("Cannot assign requested address (os error 99)"), "{out}");
}
